"""Makes torchvision importable beside a PyTorch that has no CUDA: its compiled operators are declared, not loaded."""

from __future__ import annotations

import torch

torch.set_num_threads(1)
LIBRARY = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
