"""Several data sets in one file: an array at the root, as Encord exports them, with one for each data unit."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cocolint import schema as schemas
from cocolint.model import AnnotationFile, Finding, Part, Severity
from cocolint.read.others import ADVICE, DATA_SETS
from cocolint.read.slicing import Layout, Span, layout_within, span_of
from cocolint.read.source import Source, Unusable

_LOOKED_AT = 1 << 20
"""In bytes. In so much of results there are no sections, and nothing more is looked at."""
_SECTIONS = (b'"images"', b'"annotations"')
_KINDS = {b"[": "an array", b'"': "a string", b"n": "null", b"t": "true", b"f": "false"}


class Several(Unusable):
    """The file is an array of data sets. Each of `parts` is one of them, to be read from `source`.

    Who takes one data set only can report it as it is: as a file that cannot be read.
    """

    def __init__(self, file: AnnotationFile, spans: list[Span], source: Source) -> None:
        finding = Finding(f"the root is an array {DATA_SETS}, not an object", hint=ADVICE)
        super().__init__("top-level-not-object", finding, source)
        self.parts = [_part(file, number, span) for number, span in enumerate(spans)]


def _part(file: AnnotationFile, number: int, span: Span) -> AnnotationFile:
    return file._replace(
        display=f"{file.display}#{number}", part=Part(number, *span), leads=file.leads and not number, named_by_user=True
    )


def refuse_several(file: AnnotationFile, source: Source, array: Span) -> None:
    """Raise `Several` if an array at the root is one of data sets, unless the user calls it results."""
    head = source.read(array.start, min(array.stop, array.start + _LOOKED_AT))
    if (file.task and schemas.is_array(file.task)) or not any(name in head for name in _SECTIONS):
        return
    view = memoryview(source.mapped())[array.start : array.stop]
    raws = msgspec.json.decode(view, type=list[msgspec.Raw])
    if any(_is_data_set(raw) for raw in raws):
        raise Several(file, [span_of(raw, view, array.start) for raw in raws], source)


def _is_data_set(raw: msgspec.Raw) -> bool:
    try:
        return {"images", "annotations"} <= msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).keys()
    except msgspec.ValidationError:
        return False


def layout_of_part(source: Source, part: Part) -> Layout:
    """Find the top-level values of one data set of several. Raises `Unusable` if it is no object."""
    text = source.read(part.start, part.start + 1)
    if text != b"{":
        kind = _KINDS.get(text, "a number")
        what = f"element {part.number} of the array at the root is {kind}, no data set"
        raise unusable(part, source, "item-not-object", what)
    return layout_within(source, Span(part.start, part.stop))


def faults_of_file(file: AnnotationFile, source: Source) -> Mapping[str, list[Finding]]:
    """Return what is to be said of a file as a whole, by rule: of one with several data sets it is said with the first."""
    if file.part is None:
        return source.faults
    what = "the root is an array of data sets, as Encord exports them; each is checked on its own"
    advice = "write each data set to a file of its own: readers of COCO take one object at the root"
    root = Finding(what, severity=Severity.WARNING, hint=advice, offset=source.start)
    return {} if file.part.number else {**source.faults, "top-level-not-object": [root]}


def unusable(part: Part, source: Source, rule: str, message: str) -> Unusable:
    """Return the fault of one data set of several that cannot be read."""
    return Unusable(rule, Finding(message, field=str(part.number), offset=part.start, hint=ADVICE), source)
