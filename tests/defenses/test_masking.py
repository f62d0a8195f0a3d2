"""What hides a gradient, and the loss that it hides it from; and smoothing by its formula."""

import pytest
import torch
import torch.nn.functional as F

import advlab
from advlab.core import losses
from advlab.core.randomness import fresh
from advlab.defenses.randomized_smoothing import RandomizedSmoothing
from advlab.defenses.scaled_logits import ScaledLogits
from tests.networks import conv, pictures, wrap

SIZE = (3, 8, 7)


def classifier():
    return wrap(conv(SIZE, 4), 4, SIZE)


@pytest.mark.parametrize("targeted", [False, True])
def test_the_textbooks_loss_is_the_librarys(targeted):
    logits, classes = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 3, 0, 1])
    goal = (advlab.Targeted if targeted else advlab.Untargeted)(classes).bind(6, 4, classes)
    sign = -1 if targeted else 1
    wanted = sign * F.cross_entropy(logits, classes, reduction="none")
    torch.testing.assert_close(losses.textbook_cross_entropy(logits, goal), wanted)
    torch.testing.assert_close(losses.cross_entropy(logits, goal), wanted)


def test_saturated_logits_blind_the_textbooks_loss_only():
    """Most of its gradients are zero and most images withstand it; our loss, and who knows it, are not held up."""
    bare, x = classifier(), pictures(24, SIZE, low=0.3, high=0.7)
    defense = ScaledLogits(factor=1e5)
    deployed = defense.wrap(bare)
    how = dict(eps=0.1, steps=10)  # noqa: C408
    blind = advlab.attack(deployed, x, "pgd", loss="textbook", random_start=False, **how)
    ours = advlab.attack(deployed, x, "pgd", **how)
    knowing = advlab.attack(defense.known(bare), x, "pgd", judge=deployed, **how)
    assert int(blind.zero_gradients.sum()) > 0.9 * int(blind.gradients.sum())
    rates = [float(one.success.float().mean()) for one in (blind, ours, knowing)]
    assert rates[0] < 0.2
    assert min(rates[1:]) > 0.8, rates


def test_a_smoothed_answer_is_the_count_of_its_draws():
    """The deployed one by votes, the climbed one by the mean probability; the same draws for both."""
    bare, x = classifier(), pictures(3, SIZE)
    defense = RandomizedSmoothing(sigma=0.3, draws=40, samples=40)
    noise = fresh(x).repeated(40).normal(SIZE)
    logits = bare(x.repeat_interleave(40, 0) + 0.3 * noise).reshape(3, 40, 4)
    votes = torch.stack([row.argmax(1).bincount(minlength=4) for row in logits])
    assert len(votes[votes > 0]) > 3, "the noise matters"
    torch.testing.assert_close(defense.wrap(bare)(x), ((votes + 0.5) / 42).log())
    torch.testing.assert_close(defense.known(bare)(x), logits.softmax(2).mean(1).log())
