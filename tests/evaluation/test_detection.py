"""Receiver operating characteristics, against every pair by hand."""

import numpy as np
import pytest
import torch

from advlab.evaluation.detection import roc


@pytest.mark.parametrize("seed", range(3))
def test_the_area_is_the_share_of_pairs_in_the_right_order(seed):
    generator = torch.Generator().manual_seed(seed)
    clean = torch.randint(0, 8, (17,), generator=generator).float()
    adversarial = torch.randint(2, 10, (23,), generator=generator).float()
    pairs = adversarial.unsqueeze(1) - clean
    expected = float(((pairs > 0).double() + (pairs == 0).double() / 2).mean())
    found = roc(clean, adversarial)
    assert found.area == pytest.approx(expected)
    assert float(np.trapezoid(found.true, found.false)) == pytest.approx(expected)
    assert (found.false[0], found.true[0], found.false[-1], found.true[-1]) == (0, 0, 1, 1)


def test_what_is_detected_at_a_rate_of_false_alarms():
    clean = torch.arange(100).float()
    adversarial = torch.tensor([94.5, 95.5, 98.0, 200.0])
    found = roc(clean, adversarial)
    assert found.at(0.05) == 1.0  # rejected above 94: five clean pictures, and all four
    assert found.at(0.04) == 0.75
    assert found.at(0.0) == 0.25
