"""What a case cannot say of the rules on keypoints: how bad a finding is."""

from __future__ import annotations

from pathlib import Path

import pytest

from cocolint import app
from cocolint.config import Settings
from cocolint.model import Severity
from tests.support.cases import Case


@pytest.mark.parametrize(
    ("said", "dialect_mark", "severity"),
    [(3, {}, Severity.WARNING), (0, {}, Severity.ERROR), (0, {"/images/0/crowdIndex": 0.5}, Severity.INFO)],
    ids=["miscounted", "a wrong zero", "CrowdPose"],
)
def test_a_wrong_count(said: int, dialect_mark: dict[str, float], severity: Severity, tmp_path: Path) -> None:
    edit = {"/annotations/0/num_keypoints": said, **dialect_mark}
    path = Case("num-keypoints-mismatch", "", task="person_keypoints", edit=edit).write(tmp_path)
    report = app.check([str(path)], Settings(select=("num-keypoints-mismatch",), jobs=1))
    assert [group.severity for group in report.groups] == [severity]
