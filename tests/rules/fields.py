"""Cases of the rules on keys outside the format and on licenses."""

from __future__ import annotations

from tests.support.cases import REMOVED, Case

CASES = [
    Case("field-unknown", "one finding for each section", fires=3,
         edit={"/images/0/url": "", "/images/1/extra": {}, "/categories/0/color": 1, "/annotations/2/{0}": 1}),
    Case("field-unknown", "panoptic", fires=1, task="panoptic", edit={"/annotations/0/split": "train"}),
    Case("field-unknown", "keys of the format",
         edit={"/images/0/coco_url": "", "/images/0/flickr_url": "", "/images/0/date_captured": "",
               "/annotations/0/attributes": {"any": 1}, "/annotations/0/score": 1.0}),
    Case("field-unknown", "a record that is none", edit={"/images/-": ["x"]}, also=("item-not-object",)),
    Case("field-unknown", "the color of a panoptic category", task="panoptic"),
    Case("license-unknown", "another id", fires=1, edit={"/images/0/license": 2}),
    Case("license-unknown", "none are listed", fires=2, edit={"/licenses": []}),
    Case("license-unknown", "null and no key", edit={"/images/0/license": None, "/images/1/license": REMOVED}),
    Case("license-unknown", "0, as Datumaro writes it",
         edit={"/licenses": [{"id": 0, "name": "", "url": ""}], "/images/0/license": 0, "/images/1/license": 0}),
    Case("license-unknown", "the license has no id", edit={"/licenses/0/id": REMOVED, "/images/0/license": 2}),
    Case("license-unknown", "the section is missing", edit={"/licenses": REMOVED}),
    Case("license-unknown", "the section is null", fires=1, edit={"/licenses": None, "/images/0/license": REMOVED}),
    Case("license-unknown", "a text is told by info-types", edit={"/images/0/license": "2"}),
]  # fmt: skip
