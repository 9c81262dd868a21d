"""Captions: sentences about images."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from cocolint.api import (
    SECTION,
    Annotations,
    Bools,
    Categories,
    Faults,
    FileFacts,
    Finding,
    Images,
    Index,
    Record,
    Severity,
    Stage,
    Task,
    rule,
)

from ._repeats import repeats

CAPTIONED = {Task.CAPTIONS, Task.RESULTS_CAPTIONS}
BORDER = "\uffff"
"""Stands between captions while all are searched at once: a code point that is no character and no blank."""

_EMPTY = rf"{BORDER}\s*(?={BORDER})"  # patterns are compiled where there are captions
_UNTIDY = rf"\s(?:(?<=[^ ])|(?=[\s{BORDER}])|(?<={BORDER}\s))"
_CONTROL = r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"

_LATE = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
"""What the second and later bytes of a character in UTF-8 are in Latin-1 or in code page 1252."""
_SURE = "\x80-\x9f¡-ª¬-º¼-¾€‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ"
"""Those of them that no sentence has after a capital letter: no quotation mark, dash, ellipsis or hard blank."""
_MOJIBAKE = (
    "[Â-éïð\ufffd](?:"  # a set in front is searched for many times as fast as a choice
    "(?<=\ufffd)|(?<=ï)(?:¿½|»¿)"
    f"|(?<=[ÂÃ])[{_SURE}]"
    f"|(?<=[Ä-ß])[{_SURE}][Ä-ß][{_SURE}]"
    f"|(?<=â)[€\x80][{_LATE}]"
    f"|(?<=[ã-é])[{_LATE}]{{2}}[ã-é][{_LATE}]{{2}}"
    f"|(?<=ð)[Ÿ\x9f][{_LATE}]"
    ")"
)

_GARBLED = f"[Â-ß][{_SURE}]|[à-ï][{_LATE}]{{2}}|[ð-ô][{_LATE}]{{3}}"


@rule("T001", "caption-missing", Severity.ERROR, tasks=CAPTIONED)
def caption_missing(faults: Faults) -> Iterable[Finding]:
    """The annotation has no `caption`.

    What breaks: caption metrics raise KeyError 'caption'; Datumaro refuses the item.
    Definition: the key `caption` is absent, or null.
    Fix: write the sentence, or drop the annotation; only a person knows it.
    """
    return faults


@rule("T002", "caption-type", Severity.ERROR, tasks=CAPTIONED)
def caption_type(faults: Faults) -> Iterable[Finding]:
    """The `caption` is not a text.

    What breaks: tokenizers raise AttributeError: a list or a number has no `replace`.
    Definition: `caption` is of another JSON type than string. An array often holds several sentences.
    Fix: write one string; of several sentences, one annotation each. Only a person knows which is meant.
    """
    return faults


@rule("T003", "caption-empty", Severity.ERROR, tasks=CAPTIONED)
def caption_empty(annotations: Annotations) -> Iterable[Finding]:
    """The `caption` is blank.

    What breaks: the tokenizer finds no word in it, and metrics that divide by the number of words fail or give 0.
    Definition: the string is empty or holds blanks only.
    Fix: write the sentence, or drop the annotation; only a person knows it.
    """
    return annotations.where(_matching(annotations, _EMPTY), "caption", "a caption without a word")


@rule("T004", "caption-whitespace", Severity.INFO, impact=4, requires=["caption-empty"], tasks=CAPTIONED)
def caption_whitespace(annotations: Annotations) -> Iterable[Finding]:
    """The `caption` has blanks at its ends, two in a row, or a line break.

    What breaks: nothing where a tokenizer splits at blanks; captions that are compared as they stand do not match.
    Definition: a blank at the start or the end, two blanks in a row, or a blank other than the space, such as a line break.
    Source: of the official captions 14 % have outer blanks, 1.5 % double ones and 0.3 % a line break.
    Fix: strip it and join the words by one space. Safe: the words stay.
    """
    return annotations.where(_matching(annotations, _UNTIDY), "caption", "blanks at an end, doubled, or a line break")


@caption_whitespace.fix(Stage.CAST, safe=True, writes=["caption"])
def tidy_blanks(record: Record) -> Record:
    """Put one space between the words."""
    caption = record.get("caption")
    return record | {"caption": " ".join(caption.split())} if isinstance(caption, str) else record


@rule("T005", "caption-duplicate-in-image", Severity.INFO, impact=4, requires=["caption-empty", "annotation-id-duplicate"],
      tasks={Task.CAPTIONS})  # fmt: skip
def caption_duplicate_in_image(index: Index) -> Iterable[Finding]:
    """An image has the same caption twice.

    What breaks: nothing; the image has one reference less than it seems, which moves the metrics a little.
    Definition: the captions of two annotations of one image are equal but for case and outer blanks; the first one is not
    reported.
    Source: 10 of 5,000 official images have equal captions.
    Fix: drop the later one. Unsafe: metrics expect the same number of captions for each image.
    """
    rows, first = repeats(index.has("caption") & index.has("image_id"), index.digest, index.image_id)
    return index.at(rows, "caption", "the same as the caption of annotation {first}", first=index.id[first])


@caption_duplicate_in_image.fix(Stage.DROP, safe=False, drops=True)
def drop_later_caption(record: Record) -> None:
    """Take it out."""


@rule("T006", "caption-count", Severity.INFO, impact=4, requires=["top-level-missing-images"], tasks={Task.CAPTIONS})
def caption_count(index: Index, images: Images) -> Iterable[Finding]:
    """An image has fewer captions than the usual five.

    What breaks: nothing; its metrics rest on fewer references than those of the others.
    Definition: most images with captions have 5 of them, and this one has 1 to 4. `image-without-annotations` tells those
    that have none.
    Source: official images have 5 to 7 captions.
    Fix: add captions; only a person can.
    """
    count = np.bincount(index.image[index.image >= 0], minlength=len(images))
    if np.argmax(np.bincount(count[count > 0], minlength=1)) == 5:
        yield from images.where((count > 0) & (count < 5), None, "{count} captions, most images have 5", count=count)


@rule("T007", "caption-control-chars", Severity.WARNING, impact=3, requires=["caption-mojibake"], tasks=CAPTIONED)
def caption_control_chars(annotations: Annotations) -> Iterable[Finding]:
    """The `caption` holds a control character.

    What breaks: tokenizers make words of it that no vocabulary knows; terminals and XML writers choke on it.
    Definition: a character of the Unicode class Cc other than blanks and line breaks: U+0000 to U+001F, U+007F to U+009F.
    Fix: take U+0080 to U+009F for what they are in code page 1252, and drop the others. Unsafe: they may stand for letters
    of another encoding.
    """
    return annotations.where(_matching(annotations, _CONTROL), "caption", "a control character")


@caption_control_chars.fix(Stage.CAST, safe=False, writes=["caption"])
def without_controls(record: Record) -> Record:
    """Read or drop them, unless nothing is left."""
    caption = record.get("caption")
    text = re.sub(_CONTROL, _meant_by, caption) if isinstance(caption, str) else ""
    return record | {"caption": text} if text.strip() else record


def _meant_by(control: re.Match[str]) -> str:
    """Return the character of code page 1252 at the place of a control character, nothing where there is none."""
    code = ord(control[0])
    return bytes([code]).decode("cp1252", "ignore") if code > 0x7F else ""


@rule("T008", "caption-mojibake", Severity.WARNING, impact=3, tasks=CAPTIONED)
def caption_mojibake(annotations: Annotations) -> Iterable[Finding]:
    """The `caption` was read in the wrong encoding.

    What breaks: tokenizers make words of the garbled letters that no vocabulary knows.
    Definition: U+FFFD, which stands for a byte that could not be read, or the letters that UTF-8 gives when it is read as
    Latin-1 or code page 1252: `Ã©` for é, `â€™` for an apostrophe. Where a single one of them may be meant as it stands,
    two in a row are needed.
    Fix: encode the letters in that code page and decode them as UTF-8, if nothing garbled is left then. Unsafe: some may be
    meant as they stand. U+FFFD cannot be undone.
    """
    return annotations.where(_matching(annotations, _MOJIBAKE), "caption", "letters of another encoding")


@caption_mojibake.fix(Stage.CAST, safe=False, writes=["caption"])
def ungarble(record: Record) -> Record:
    """Decode it anew, as often as it was garbled."""
    caption = record.get("caption")
    text, before = caption if isinstance(caption, str) else "", ""
    while text != before:
        text, before = _decoded(text), text
    return record if not text.strip() or re.search(_MOJIBAKE, text) else record | {"caption": text}


def _decoded(text: str) -> str:
    """Return a text with its garbled letters decoded: all of them at once, or each on its own."""
    try:
        decoded = _bytes_of(text).decode()
    except ValueError:
        decoded = re.sub(_GARBLED, _letter_of, text)
    return decoded.replace("\ufeff", "")


def _letter_of(garbled: re.Match[str]) -> str:
    try:
        return _bytes_of(garbled[0]).decode()
    except ValueError:
        return garbled[0]


def _bytes_of(text: str) -> bytes:
    """Return a text in code page 1252, in Latin-1 where that has no letter. Raises `ValueError` where neither has."""
    return b"".join(letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else "cp1252") for letter in text)


@rule("T009", "caption-category-id", Severity.WARNING, impact=3, tasks={Task.CAPTIONS})
def caption_category_id(index: Index, file: FileFacts) -> Iterable[Finding]:
    """A caption has no `category_id`, though the file has `categories`.

    What breaks: pycocotools raises KeyError 'category_id' while it loads the file, even if `categories` is empty.
    Definition: the top-level key `categories` is there, and the key `category_id` of the annotation is not.
    Fix: take out `categories` if it is empty. Safe: official captions have none. Else only a person can.
    """
    if "categories" in file.keys:
        yield from index.where(index.lacks("category_id"), None, "`category_id` is missing, and the file has `categories`")


@caption_category_id.fix(Stage.DEFAULT, safe=True)
def take_out_categories(root: Record, categories: Categories) -> Record:
    """Take them out if there are none."""
    is_empty = root.get("categories") is SECTION and not len(categories)
    return {name: value for name, value in root.items() if not (is_empty and name == "categories")}


def _matching(annotations: Annotations, pattern: str) -> Bools:
    """Tell which annotations have a caption that the pattern finds something in.

    All captions are searched as one text: a search in each would take several times as long.
    """
    captions = annotations.captions
    text = BORDER.join(["", *captions, ""])
    ends = np.cumsum(np.fromiter(map(len, captions), np.int64, len(captions)) + 1)
    found = np.fromiter((match.end() for match in re.finditer(pattern, text)), np.int64)
    mask = np.zeros(len(captions), bool)
    mask[np.searchsorted(ends, found)] = True
    mask &= annotations.has("caption")
    return mask
