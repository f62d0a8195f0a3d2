"""The independent check: the very bytes that people download are opened again, measured and judged."""

import io
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.core.verdicts import votes


@dataclass(frozen=True)
class Proof:
    """What was found in the file: computed from its pixels alone, by other code than the search's."""

    reached: bool  # the goal's margin is positive
    inside: bool  # the change is within the budget, to a rounding error of float32


def prove(png: bytes, clean: np.ndarray, request: AttackRequest, classifier: Classifier, goal: Goal) -> Proof:
    """Open a PNG again and judge it; `clean` is `[H, W, C]` uint8."""
    with Image.open(io.BytesIO(png)) as picture:
        pixels = np.asarray(picture).reshape(clean.shape)
    x = torch.from_numpy(pixels.copy()).permute(2, 0, 1).unsqueeze(0).to(classifier.device, classifier.dtype) / 255
    found = votes(classifier, x)
    size = _size((pixels.astype(np.float64) - clean) / 255, request.norm)
    inside = request.eps is None or size <= request.eps * (1 + 1e-5) + 1e-7
    return Proof(bool(found.margin(goal)[0] > 0), inside)


def _size(delta: np.ndarray, norm: Norm) -> float:
    match norm:
        case Norm.LINF:
            return float(np.abs(delta).max())
        case Norm.L2:
            return float(np.sqrt((delta**2).sum()))
        case Norm.L1:
            return float(np.abs(delta).sum())
        case Norm.L0:
            return float((delta != 0).any(axis=2).sum())
