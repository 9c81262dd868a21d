"""Cases of the rules on captions."""

from __future__ import annotations

from typing import Any

from tests.support.cases import REMOVED, Case, Data

CAPTION = "/annotations/0/caption"


def caption(text: Any) -> dict[str, Any]:
    """Let `text` be the first caption."""
    return {CAPTION: text}


def with_counts(*counts: int) -> Any:
    """Return a change that gives the file an image for each count, with as many captions."""

    def change(data: Data) -> Data:
        images = [{**data["images"][0], "id": i + 1, "file_name": f"{i}.jpg"} for i in range(len(counts))]
        owners = [image["id"] for image, count in zip(images, counts, strict=True) for _ in range(count)]
        captions = [{"id": i + 1, "image_id": owner, "caption": f"Caption {i}."} for i, owner in enumerate(owners)]
        return {**data, "images": images, "annotations": captions}

    return change


def captions_case(rule: str, about: str, fires: int = 0, edit: dict[str, Any] | None = None, **more: Any) -> Case:
    """Return a case of a file of captions."""
    return Case(rule, about, fires, edit or {}, task="captions", **more)


MOJIBAKE = (
    "Un cafÃ© au lait.", "A woman â€œriding” a horse.", "It isnâ€™t a dog.", "It isnâ\x80\x99t a dog.", "20Â° in the shade",
    "Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "ä¸€å\x8fªçŒ«", "a cat ðŸ˜€", "cafÃƒÂ©", "ï»¿A dog.", "ZaÅ¼Ã³Å‚Ä‡",
)  # fmt: skip
LOST = ("a b\ufffdach", "a b\ufffdach in a cafÃ©", "a bï¿½ach")
"""Of these the bytes are gone."""
PLAIN = (
    "Un café au lait.", "MAÇÃ” e pão.", "« À la française »", "un café\u00a0» et un thé\u00a0»", "20° in the shade", "привет",
    "一只猫", "a cat 😀", "it’s “fine” – really…", "ESPAÑA", "Ä–Ö–Ü", "¿Qué?", "Â", "São João", "“AVÔ”", "żółć", "ÅÄÖ",
)  # fmt: skip


CASES = [
    captions_case("caption-missing", "no key", 1, {CAPTION: REMOVED}),
    captions_case("caption-missing", "null", 1, caption(None)),
    Case("caption-missing", "a result without one", 1, {"/1/caption": REMOVED}, task="results_captions"),
    captions_case("caption-missing", "an empty text is told by caption-empty", edit=caption(""), also=("caption-empty",)),
    Case("caption-missing", "instances need none"),
    captions_case("caption-type", "a number", 1, caption(7)),
    captions_case("caption-type", "several sentences", 1, caption(["A dog.", "A cat."])),
    Case("caption-type", "of a result", 1, {"/0/caption": {"text": "A dog."}}, task="results_captions"),
    captions_case("caption-type", "null is told by caption-missing", edit=caption(None), also=("caption-missing",)),
    captions_case("caption-type", "digits in a text", edit=caption("7")),
    captions_case("caption-empty", "no character", 1, caption("")),
    captions_case("caption-empty", "blanks", 1, caption(" \n\u00a0")),
    captions_case("caption-empty", "the first, a middle and the last", 3,
                  {CAPTION: "", "/annotations/1/caption": " ", "/annotations/2/caption": ""}),
    Case("caption-empty", "of a result", 1, {"/1/caption": " "}, task="results_captions"),
    captions_case("caption-empty", "one letter", edit=caption("a")),
    captions_case("caption-empty", "no key is told by caption-missing", edit={CAPTION: REMOVED}, also=("caption-missing",)),
    captions_case("caption-empty", "no caption at all", edit={"/annotations": []}),
    captions_case("caption-whitespace", "at the start", 1, caption(" A dog.")),
    captions_case("caption-whitespace", "at the end", 1, {"/annotations/2/caption": "A dog. "}),
    captions_case("caption-whitespace", "two in a row", 1, caption("A  dog.")),
    captions_case("caption-whitespace", "a line break", 1, caption("A\ndog.")),
    captions_case("caption-whitespace", "several in one", 1, caption(" A  dog.\n")),
    captions_case("caption-whitespace", "single spaces", edit=caption("A dog in a park")),
    captions_case("caption-whitespace", "blank is told by caption-empty", edit=caption("  "), also=("caption-empty",)),
    captions_case("caption-duplicate-in-image", "the same", 1, {"/annotations/1/caption": "A person rides a bicycle."}),
    captions_case("caption-duplicate-in-image", "another case and blanks", 1,
                  {"/annotations/1/caption": " a person rides a Bicycle. "}),
    captions_case("caption-duplicate-in-image", "three times, and apart", 2,
                  {"/annotations/2/image_id": 1, **{f"/annotations/{i}/caption": "A dog." for i in range(3)}}),
    captions_case("caption-duplicate-in-image", "in another image",
                  edit={"/annotations/2/caption": "A person rides a bicycle."}),
    captions_case("caption-duplicate-in-image", "inner blanks", edit={"/annotations/1/caption": "A person rides a  bicycle."}),
    captions_case("caption-duplicate-in-image", "two without one", edit={CAPTION: REMOVED, "/annotations/1/caption": REMOVED},
                  also=("caption-missing",)),
    captions_case("caption-duplicate-in-image", "a copy is told by annotation-id-duplicate",
                  change=lambda data: {**data, "annotations": [*data["annotations"], data["annotations"][0]]},
                  also=("annotation-id-duplicate",)),
    captions_case("caption-count", "four and one", 2, change=with_counts(5, 5, 5, 4, 1)),
    captions_case("caption-count", "five to seven", change=with_counts(5, 5, 6, 7)),
    captions_case("caption-count", "none is another rule's", change=with_counts(5, 5, 0)),
    captions_case("caption-count", "mostly four", change=with_counts(5, 5, 4, 4, 4, 3)),
    captions_case("caption-count", "mostly one"),
    captions_case("caption-control-chars", "an escape", 1, caption("A \x1b[31mdog.")),
    captions_case("caption-control-chars", "a null", 1, caption("A dog\x00.")),
    captions_case("caption-control-chars", "an apostrophe of code page 1252", 1, caption("It isn\x92t a dog.")),
    captions_case("caption-control-chars", "nothing else", 1, caption("\x00\x7f"), leaves=1),
    captions_case("caption-control-chars", "none of code page 1252", 1, caption("It isn\x81t\x9d a dog.")),
    captions_case("caption-control-chars", "a joiner and a hard blank", edit=caption("A\u200ddog\u00a0\u2014 café.")),
    Case("caption-control-chars", "results are asked too", 1, {"/0/caption": "A\x07dog."}, task="results_captions"),
    captions_case("caption-control-chars", "a line break is told by caption-whitespace", edit=caption("A\r\n\tdog.")),
    captions_case("caption-control-chars", "garbled letters are told by caption-mojibake", edit=caption("isnâ\x80\x99t")),
    *[captions_case("caption-mojibake", repr(text), 1, caption(text)) for text in MOJIBAKE],
    *[captions_case("caption-mojibake", f"{text!r} is lost", 1, caption(text), leaves=1) for text in LOST],
    *[captions_case("caption-mojibake", f"{text} is right", 0, caption(text)) for text in PLAIN],
    captions_case("caption-category-id", "empty categories", 3, {"/categories": []}),
    captions_case("caption-category-id", "a category", 3, {"/categories": [{"id": 1, "name": "thing"}]}, leaves=3),
    captions_case("caption-category-id", "one of three has it", 2, {"/categories": [], "/annotations/0/category_id": 0}),
    captions_case("caption-category-id", "as Datumaro writes it",
                  edit={"/categories": [], **{f"/annotations/{i}/category_id": 0 for i in range(3)}}),
    captions_case("caption-category-id", "no categories"),
]  # fmt: skip
