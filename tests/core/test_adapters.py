"""Ways around what stands in front of a network, and an extra term of the loss."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import advlab
from advlab import adapters
from advlab.core import losses
from advlab.core.attack import Objective
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle
from advlab.core.randomness import Noise
from advlab.errors import ParameterError
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)
EPS = 0.15
PGD = {"norm": "linf", "eps": EPS, "steps": 10, "random_start": False}


def quantised(x):
    return (x * 5).round() / 5


def network(seed=0):
    return wrap(conv(SIZE, seed=seed, dtype=torch.float64), 4, SIZE)


def photos(count=12):
    return pictures(count, SIZE, dtype=torch.float64)


def moved(x, noise):
    """A quarter of the values inverted at random: no one draw says much."""
    flipped = noise.uniform(x.shape[1:]).to(x.dtype) < 0.25
    return torch.where(flipped, 1 - x, x)


def climb(x, labels, logits, *, steps=10, term=None):
    """Ten lines of PGD in L∞, up the cross-entropy of some logits and a term."""
    point = x
    for _ in range(steps):
        leaf = point.clone().requires_grad_()
        said = logits(leaf)
        value = F.cross_entropy(said, labels, reduction="sum")
        value = value if term is None else value + term(leaf, said, advlab.Untargeted(labels)).sum()
        (gradient,) = torch.autograd.grad(value, leaf)
        point = (x + (point + 2.5 * EPS / steps * gradient.sign() - x).clamp(-EPS, EPS)).clamp(0, 1)
    return point


def last(classifier, spy, x, **options):
    """The last iterate of PGD: the query before the verdict."""
    asked = spy.remember()
    advlab.attack(classifier, x, "pgd", early_stop=False, **PGD, **options)
    return asked[-2]


def test_a_quantiser_falls_to_who_goes_around_it():
    class Quantised(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = conv(SIZE, dtype=torch.float64)

        def forward(self, x):
            return self.inner(quantised(x))

    deployed, x = wrap(Quantised(), 4, SIZE), photos()
    blind = advlab.attack(deployed, x, "pgd", **PGD)
    known = adapters.bpda(network(), quantised)
    torch.testing.assert_close(known(x), deployed(x))
    seeing = advlab.attack(known, x, "pgd", judge=deployed, **PGD)
    assert blind.success.sum() == 0
    assert bool((blind.zero_gradients == blind.gradients).all())
    assert seeing.success.float().mean() > 0.7


def test_bpda_is_the_textbook_loop():
    """Forward through the one change, back through the other."""
    spy = Spy(conv(SIZE, dtype=torch.float64))
    x = photos(3)
    labels = spy(quantised(x)).argmax(1)

    def logits(leaf):
        stand_in = (3 * (leaf - 0.5)).tanh()
        return spy(stand_in + (quantised(leaf) - stand_in).detach())

    expected = climb(x, labels, logits)
    mine = last(adapters.bpda(wrap(spy, 4, SIZE), quantised, lambda x: (3 * (x - 0.5)).tanh()), spy, x)
    torch.testing.assert_close(mine, quantised(expected), rtol=0, atol=1e-12)
    straight = last(adapters.bpda(wrap(spy, 4, SIZE), quantised), spy, x)
    through_identity = climb(x, labels, lambda leaf: spy(leaf + (quantised(leaf) - leaf).detach()))
    torch.testing.assert_close(straight, quantised(through_identity), rtol=0, atol=1e-12)


def test_a_random_transformation_falls_to_its_mean():
    """One draw at a time leads nowhere in particular; twenty of them say where most of them are fooled."""
    x, base = photos(40), network()
    deployed = adapters.eot(base, moved, 1)
    assert deployed.votes > 1
    rates = []
    for samples in (1, 20):
        r = advlab.attack(
            adapters.eot(base, moved, samples), x, "pgd", judge=deployed, early_stop=False, **{**PGD, "eps": 0.08}
        )
        rates.append(float(r.success[~r.already].float().mean()))
    assert rates[1] > rates[0] + 0.15


def test_eot_answers_with_the_mean_of_its_draws():
    x, base = photos(3), network()
    seen = []

    def remembered(x, noise):
        seen.append(moved(x, noise))
        return seen[-1]

    mean = adapters.eot(base, remembered, 5)(x)
    assert seen[0].shape == (15, *SIZE)
    assert (seen[0][0] != seen[0][1]).any()
    torch.testing.assert_close(mean, base(seen[0]).reshape(3, 5, 4).mean(1))
    torch.testing.assert_close(adapters.eot(base, moved, 5)(x[[1]]), mean[[1]])


def test_adapters_can_be_put_around_each_other():
    x, base = photos(4), network()
    both = adapters.eot(adapters.bpda(base, quantised), moved, 3)
    r = advlab.attack(both, x, "mi_fgsm", eps=EPS)
    assert r.zero_gradients.sum() == 0
    assert len({both.digest, adapters.bpda(base, quantised).digest, base.digest}) == 3


def roughness(x):
    return (x[:, :, 1:] - x[:, :, :-1]).abs().sum((1, 2, 3)) + (x[..., 1:] - x[..., :-1]).abs().sum((1, 2, 3))


def test_an_extra_loss_is_the_textbook_loop():
    spy = Spy(conv(SIZE, dtype=torch.float64))
    x = photos(3)
    labels = spy(x).argmax(1)

    def term(images, logits, goal):
        return logits.gather(1, goal.index[:, None])[:, 0].tanh() - 0.3 * roughness(images)

    expected = climb(x, labels, spy, term=lambda i, z, g: term(i, z, g.bind(3, 4, labels)))
    mine = last(wrap(spy, 4, SIZE), spy, x, extra_loss=term)
    torch.testing.assert_close(mine, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name, norm", [("pgd", "linf"), ("bsr", "linf"), ("cw", "l2")])
def test_an_extra_loss_is_obeyed(name, norm):
    """A second network that is to be fooled too, and pictures that are to stay smooth."""
    classifier, other, x = network(), network(1), photos()
    theirs = other(x).argmax(1)
    few = {"cw": {"steps": 40, "search_steps": 2}, "bsr": {"samples": 2}}.get(name, {})

    def also(images, logits, goal):
        return 3 * losses.margin(other(images), advlab.Untargeted(theirs[:1].expand(len(images))))

    x, theirs = x[theirs == theirs[0]], theirs[theirs == theirs[0]]
    options = {"norm": norm, "eps": None if name == "cw" else EPS, "early_stop": False, **few}
    plain = advlab.attack(classifier, x, name, **options)
    both = advlab.attack(classifier, x, name, extra_loss=also, **options)
    goal = advlab.Untargeted(theirs)
    gained = losses.margin(other(both.adversarial), goal) - losses.margin(other(plain.adversarial), goal)
    assert len(x) > 1
    assert float(gained.mean()) > 0.1
    smooth = advlab.attack(classifier, x, name, extra_loss=lambda images, *_: -2 * roughness(images), **options)
    assert roughness(smooth.adversarial).mean() < roughness(plain.adversarial).mean()


def test_what_is_no_extra_loss():
    classifier, x = network(), photos(2)
    with pytest.raises(ParameterError, match="one number an image"):
        advlab.attack(classifier, x, "pgd", extra_loss=lambda images, *_: images.sum(), **PGD)
    with pytest.raises(ParameterError, match="sees no gradients"):
        advlab.attack(classifier, x, "square", eps=EPS, extra_loss=lambda images, *_: roughness(images))
    with pytest.raises(ParameterError, match="samples"):
        adapters.eot(classifier, moved, 0)


def test_what_is_shown_through_a_change_is_counted_and_no_candidate():
    """The gradient is that at the images given, each query through its own change, and the best stays what it was."""
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier, x = wrap(spy, 4, SIZE, execution=advlab.Execution(chunk=2)), photos(3)
    goal = advlab.Untargeted().bind(3, 4, spy(x).argmax(1))
    radius = torch.full((3,), 0.5, dtype=torch.float64)
    o = GradientOracle(
        classifier, x, goal, Norm.LINF, radius, objective=Objective.RADIUS, seed=0, max_queries=2,
    )  # fmt: skip
    row, shift = torch.tensor([2, 0, 0, 0, 1]), Noise.of(0, photos(5)).uniform(SIZE).double() / 5
    asked, spy.forward_images = spy.remember(), 0
    reply = o.gradient(x[row], row, loss=losses.margin, through=lambda part, places: part * 0.5 + shift[places])
    assert reply.granted.tolist() == [True, True, True, False, True]
    assert o.ledger.queries.tolist() == o.ledger.gradients.tolist() == [2, 1, 1]
    assert spy.forward_images == 4
    shown = (x[row] * 0.5 + shift)[reply.granted]
    assert torch.equal(torch.cat(asked), shown)
    leaf = shown.clone().requires_grad_()
    losses.margin(spy(leaf), goal.take(row[reply.granted])).sum().backward()
    torch.testing.assert_close(reply.gradient[reply.granted], leaf.grad / 2, rtol=0, atol=1e-12)
    assert bool(o.best.rank.isneginf().all())
    assert bool(o.latest.margin.isnan().all())
