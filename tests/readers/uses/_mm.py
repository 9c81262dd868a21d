"""Makes mmcv importable without its compiled operators, which reading data does not need."""

from __future__ import annotations

import sys
from unittest import mock

import torch

torch.set_num_threads(1)
sys.modules["mmcv._ext"] = mock.MagicMock()
