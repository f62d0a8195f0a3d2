"""Several classifiers as one: the mean of their logits, and of their gradients."""

import pytest
import torch
import torch.nn.functional as F

import advlab
from advlab.defenses.confidence import Confidence
from advlab.defenses.jpeg import JPEG
from advlab.defenses.noise import RandomNoise
from advlab.errors import ParameterError
from tests.networks import Linear, conv, pictures, wrap

SIZE, LARGER = (3, 6, 5), (3, 8, 7)


def members(dtype=torch.float32):
    """Two networks that normalise differently."""
    one = wrap(conv(SIZE, seed=1, dtype=dtype), 4, SIZE, mean=[0.4, 0.5, 0.6], std=[0.2, 0.3, 0.4], name="one")
    return one, wrap(conv(SIZE, seed=2, dtype=dtype), 4, SIZE, name="two")


def slope(classifier, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(classifier(x)[:, 1].sum(), x)[0]


def test_it_answers_with_the_mean_of_the_logits_exactly():
    (one, two), x = members(), pictures(3, SIZE)
    both = advlab.ensemble([one, two])
    assert torch.equal(both(x), (one(x) + two(x)) / 2)
    assert torch.equal(advlab.ensemble([one])(x), one(x))
    assert (both.name, both.passes, both.votes) == ("one + two", 2, 1)
    assert torch.equal(advlab.ensemble([both, one])(x), (both(x) + one(x)) / 2)


def test_its_gradient_is_the_mean_of_the_gradients():
    (one, two), x = members(torch.float64), pictures(2, SIZE, dtype=torch.float64)
    mean = (slope(one, x) + slope(two, x)) / 2
    torch.testing.assert_close(slope(advlab.ensemble([one, two]), x), mean, rtol=0, atol=1e-12)


def test_members_are_shown_pictures_of_their_own_size():
    one, larger = members()[0], wrap(conv(LARGER, seed=3), 4, LARGER, name="larger")
    x = pictures(2, SIZE)
    scaled = F.interpolate(x, LARGER[1:], mode="bilinear", antialias=True)
    both = advlab.ensemble([one, larger])
    assert both.input_size == SIZE
    assert torch.equal(both(x), (one(x) + larger(scaled)) / 2)
    assert advlab.ensemble([larger, one]).input_size == LARGER
    assert advlab.ensemble([larger], input_size=SIZE)(x).equal(larger(scaled))
    # Pixels at the ends of the range keep their gradient: nothing is clipped.
    dark = torch.zeros(1, *SIZE)
    assert bool((slope(advlab.ensemble([larger], input_size=SIZE), dark) != 0).all())


def test_it_is_named_by_members_order_and_sizes():
    one, two = members()
    digests = {
        advlab.ensemble(chosen, input_size=size).digest
        for chosen, size in [((one,), SIZE), ((one, two), SIZE), ((two, one), SIZE), ((one, two), LARGER)]
    }
    assert len(digests) == 4
    assert advlab.ensemble(members()).digest == advlab.ensemble([one, two]).digest


def test_defended_and_random_members_work():
    one, two = members()
    x = pictures(4, SIZE)
    jpeg, noise = JPEG().known(one), RandomNoise(samples=3).known(two)
    both = advlab.ensemble([jpeg, noise])
    assert (both.votes, both.passes) == (noise.votes, 4)
    assert bool((slope(both, x) != 0).any())
    first, again = (advlab.attack(both, x, "pgd", eps=0.1, steps=3, judge=two, early_stop=False) for _ in range(2))
    assert torch.equal(first.adversarial, again.adversarial)


def test_what_does_not_go_together_is_a_sentence():
    one, two = members()
    fewer = wrap(conv(SIZE, classes=3), 3, SIZE, name="fewer")
    grey = wrap(conv((1, 6, 5)), 4, (1, 6, 5), name="grey")
    guarded = Confidence().wrap(two, pictures(20, SIZE))
    for wrong, said in (
        ([], "at least one"),
        ([one, fewer], "different classes"),
        ([one, grey], "1 channels"),
        ([one, guarded], "refuse to answer"),
    ):
        with pytest.raises(ParameterError, match=said):
            advlab.ensemble(wrong)


def test_what_networks_share_is_followed_further_by_their_mean():
    """Linear networks, each a shared part and one of its own: the mean has the same shared part and less of others.

    A change is the sign of the source's slope, so a held-out network loses their product: most for the mean.
    """
    size, generator = (3, 16, 16), torch.Generator().manual_seed(0)
    shared = torch.randn(2, 768, generator=generator)
    networks = [wrap(Linear(shared + torch.randn(2, 768, generator=generator), torch.zeros(2)), 2, size)
                for _ in range(6)]  # fmt: skip
    victim, x = networks.pop(), torch.full((1, *size), 0.5)
    label = victim(x).argmax(1)

    def lost(source):
        after = advlab.attack(source, x, "fgsm", eps=0.1, labels=label, judge=victim, early_stop=False).margin_after
        return float(after)

    assert lost(advlab.ensemble(networks)) > 1.1 * max(map(lost, networks)) > 0
