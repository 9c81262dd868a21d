"""lvis-api: load, and evaluate boxes and masks. What only LVIS files have is put in first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from _coco import load, versions

np.float = float  # lvis is older than numpy 1.24, which took this name away

from lvis import LVIS, LVISEval, LVISResults  # noqa: E402

VERSION = versions("lvis")
SIZES = {"s": " small", "m": " medium", "l": " large"}


def use(job: dict[str, Any]) -> dict[str, Any]:
    """Evaluate boxes, and masks where there are any."""
    path = _as_lvis(job["truth"])
    numbers = {}
    for kind in ("bbox", "segm") if job["task"] == "instances" else ("bbox",):
        truth = LVIS(path)
        run = LVISEval(truth, LVISResults(truth, job["results"]), kind)
        run.run()
        for name, value in run.get_results().items():
            short = name.removesuffix("@300")
            numbers[f"{kind} {short[:2]}{SIZES.get(short[-1], short[2:])}"] = round(float(value), 4)
    return {"numbers": numbers}


def _as_lvis(path: str) -> str:
    try:
        data = load(path)
        for image in data["images"]:
            image |= {"neg_category_ids": [], "not_exhaustive_category_ids": []}
        for category in data["categories"]:
            category.setdefault("frequency", "f")
    except (ValueError, KeyError, TypeError):
        return path
    out = Path(path).with_suffix(".lvis")
    out.write_text(json.dumps(data), encoding="utf-8")
    return str(out)
