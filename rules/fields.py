"""Fields of records that lead nowhere: keys outside the format, and licenses that are not listed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import FileFacts, Finding, Images, Severity, rule


@rule("S013", "field-unknown", Severity.INFO, impact=4, requires=["section-not-array", "item-not-object"])
def field_unknown(file: FileFacts) -> Iterable[Finding]:
    """Records have keys that COCO does not know.

    What breaks: nothing: extra keys are how the format is extended. Conversions drop them.
    Definition: among the first 200 records of `images`, `annotations` or `categories`, some have a key that the schema of
    the task does not list. One finding for each section; later records are not looked at.
    Fix: keep them where somebody reads them, or drop them; only a person knows.
    """
    for section, names in file.unknown_fields.items():
        if names:
            shown = ", ".join(f"`{name}`" for name in names)
            text = f"keys outside the format, in the first records: {shown}"
            yield Finding(text.replace("{", "{{").replace("}", "}}"), section)


@rule("S015", "license-unknown", Severity.INFO, impact=4, requires=["top-level-missing-licenses", "licenses-type"])
def license_unknown(images: Images, file: FileFacts) -> Iterable[Finding]:
    """An image has a license that the file does not list.

    What breaks: FiftyOne shows no license for it; nobody can tell on what terms the picture may be used.
    Definition: `license` of an image is a number that is not the `id` of any of the `licenses`. Null is fine. Silent where
    the id of a license is no number.
    Fix: list the license, or correct the number; only a person knows the terms.
    """
    ids = [one.get("id") if isinstance(one, dict) else None for one in file.licenses]
    if not all(isinstance(number, int) for number in ids):
        return []
    unknown = ~np.isnan(images.license) & ~np.isin(images.license, np.array(ids, np.float64))
    return images.where(unknown, "license", "no license has the id {license:.0f}", license=images.license)
