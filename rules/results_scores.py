"""Scores of results."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cocolint.api import Faults, Finding, Floats, Index, Record, Severity, Stage, rule

from .box_formats import ENOUGH
from .results import SCORED

LARGEST = float(np.finfo(np.float32).max)
ROUNDING = 1e-6
"""By so much 32-bit floats may miss 1."""
HALF = 50
"""In percent: a model that is never as sure as that puts out something else."""


@rule("V007", "results-score-missing", Severity.ERROR, requires=["results-not-array"], tasks=SCORED)
def results_score_missing(faults: Faults) -> Iterable[Finding]:
    """A result has no `score`.

    What breaks: COCOeval raises KeyError 'score'.
    Definition: the key `score` is absent in results of boxes, masks or keypoints.
    Fix: write how sure the model is. Only a person knows it; a constant makes AP meaningless.
    """
    return faults


@rule("V008", "results-score-type", Severity.ERROR, tasks=SCORED)
def results_score_type(faults: Faults) -> Iterable[Finding]:
    """The `score` of a result is not a number.

    What breaks: COCOeval raises "bad operand type for unary -: 'str'".
    Definition: `score` is there and of another JSON type than number.
    Fix: write the number. A list of scores, one for each class, needs a person.
    """
    return faults


@rule("V009", "results-score-nonfinite", Severity.ERROR, requires=["json-nan"], tasks=SCORED)
def results_score_nonfinite(index: Index) -> Iterable[Finding]:
    """The `score` of a result is infinite or not a number.

    What breaks: sorting puts NaN at one end without a word, so the ranking and AP are wrong.
    Definition: `score` is beyond 3.4e38 in absolute value, which is infinite in 32-bit floats. The bare words NaN and
    Infinity are reported by `json-nan`.
    Fix: find out where the model divides by zero; only a person can.
    """
    huge = index.has("score") & ~(np.abs(index.score) <= LARGEST)
    return index.where(huge, "score", "score {score:g}", score=index.score)


@rule("V010", "results-score-range", Severity.WARNING, impact=3, requires=["results-score-nonfinite"], tasks=SCORED)
def results_score_range(index: Index) -> Iterable[Finding]:
    """The `score` of a result is not between 0 and 1.

    What breaks: AP only needs an order, but thresholds and calibration read the number: it may be a logit or percent.
    Definition: `score < 0 or score > 1`.
    Tolerance: 1e-6, by which 32-bit floats miss 1.
    Fix: divide by 100, where all of 20 or more scores are 0 or above 1 and up to 100, and one is above 50. Unsafe: that they
    are percent is a guess. To logits a person has to apply the sigmoid or softmax.
    """
    outside = index.has("score") & ((index.score < -ROUNDING) | (index.score > 1 + ROUNDING))
    percent = np.full(len(index), _are_percent(index.score[index.has("score")]))
    return index.where(outside, "score", "score {score:g}", score=index.score, percent=percent)


def _are_percent(scores: Floats) -> bool:
    inside = (scores == 0) | ((scores > 1 + ROUNDING) & (scores <= 100))
    return len(scores) >= ENOUGH and bool(inside.all()) and bool(scores.max() > HALF)


@results_score_range.fix(Stage.SHAPE, safe=False, writes=["score"])
def from_percent(record: Record, percent: bool) -> Record:
    """Divide by 100."""
    score = record.get("score")
    return record | {"score": round(score / 100, 10)} if percent and isinstance(score, int | float) and score > 1 else record


@rule("V011", "results-score-constant", Severity.WARNING, impact=3, requires=["results-score-nonfinite"], tasks=SCORED)
def results_score_constant(index: Index, *, least: int = 50) -> Iterable[Finding]:
    """All results have the same score.

    What breaks: nothing is raised; the order of equal scores is that of the file, so AP means nothing.
    Definition: 50 or more results have a score, and all of these are equal.
    Tolerance: `least` results, 50, so that a handful proves nothing.
    Fix: write the scores of the model; only a person knows where they were lost.
    """
    scores = index.score[index.has("score")]
    if len(scores) >= least and (scores == scores[0]).all():
        yield Finding(f"the score of all {len(scores)} results is {scores[0]:g}", "annotations")
