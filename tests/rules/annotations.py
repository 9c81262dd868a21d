"""Cases of the rules on annotations and what they refer to."""

from __future__ import annotations

from tests.support.cases import Case

CASES = [
    Case("annotation-id-duplicate", "second one", fires=1, edit={"/annotations/1/id": 1}),
    Case("annotation-id-duplicate", "all differ"),
]
