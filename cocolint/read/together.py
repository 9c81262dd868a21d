"""Small files, opened some at a time: their images are read all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate, groupby, pairwise

import msgspec

from cocolint.model import AnnotationFile
from cocolint.read import build
from cocolint.read.document import Document, all_faults, decoded, open_document
from cocolint.read.folded import PartOfImages, Together
from cocolint.read.slicing import cut
from cocolint.read.structure import BadCut, reader_of

_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


def open_together(files: Sequence[AnnotationFile]) -> Iterator[Document | None]:
    """Yield the document of each file as it is when the file is opened alone, None where it cannot be opened."""
    documents = [_opened(file, with_images=False) for file in files]
    for _, some in groupby(documents, lambda document: document and document.task):
        here = list(some)
        there = [document for document in here if document]
        yield from _completed(there) if there else here


def _opened(file: AnnotationFile, *, with_images: bool) -> Document | None:
    with suppress(Exception):
        return open_document(file, with_images=with_images)
    return None


def _completed(documents: list[Document]) -> Iterator[Document | None]:
    """Yield documents of one task with their images."""
    tables = None
    with suppress(BadCut, msgspec.DecodeError, RecursionError):
        tables = _tables(documents)
    if tables is not None:
        for document, table in zip(documents, tables, strict=True):
            document.images = table
            yield document
    elif len(documents) == 1:
        yield _opened(documents[0].file, with_images=True)
    else:  # the two halves, until those are apart whose images are not sound
        half = len(documents) // 2
        yield from _completed(documents[:half])
        yield from _completed(documents[half:])


def _tables(documents: Sequence[Document]) -> list[PartOfImages] | None:
    """Return the images of each document, None if not all are sound. Raises `BadCut`, or what a decoder raises."""
    texts = []
    for document in documents:
        slices = cut(document.source, document.sections.get("images"))
        if len(slices) > 1 or document.source.nonfinite:
            return None
        texts.append(document.source.read(*slices[0]).strip() if slices else b"")
    counts = [len(_RAWS.decode(b"[%b]" % text)) for text in texts]
    reader = reader_of(documents[0].task, "images")
    masks, records = decoded(b"[%b]" % b",".join(filter(None, texts)), reader)
    table = build.images_of(masks)
    if all_faults(table, masks, records, reader) or len(table) != sum(counts):
        return None
    together = Together.of(table)
    return [PartOfImages(together, *rows) for rows in pairwise(accumulate(counts, initial=0))]
