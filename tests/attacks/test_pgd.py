"""FGSM and PGD against a loop of ten lines, and moves that can be computed by hand."""

import pytest
import torch
import torch.nn.functional as F

import advlab
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)


def naive(classifier, x, labels, *, eps, steps, step_size, norm="linf", sign=1):
    """The textbook's loop; returns every iterate."""
    iterates = [x.clone()]
    for _ in range(steps):
        leaf = iterates[-1].clone().requires_grad_()
        F.cross_entropy(classifier(leaf), labels, reduction="sum").backward()
        gradient = leaf.grad if norm == "linf" else leaf.grad / leaf.grad.flatten(1).norm(dim=1)[:, None, None, None]
        delta = leaf.detach() + sign * step_size * (gradient.sign() if norm == "linf" else gradient) - x
        if norm == "linf":
            delta = delta.clamp(-eps, eps)
        else:
            delta *= (eps / delta.flatten(1).norm(dim=1)).clamp(max=1)[:, None, None, None]
        iterates.append((x + delta).clamp(0, 1))
    return iterates


def margins(classifier, x, labels):
    with torch.no_grad():
        logits = classifier(x)
    own = logits.gather(1, labels[:, None])[:, 0]
    return logits.scatter(1, labels[:, None], -torch.inf).amax(1) - own


@pytest.mark.parametrize("norm, eps, step_size", [("linf", 0.05, 0.02), ("l2", 0.4, 0.15)])
@pytest.mark.parametrize("targeted", [False, True])
def test_pgd_is_the_textbook_loop(norm, eps, step_size, targeted):
    """Each iterate is asked in turn, the last one included, and the best of them is given out."""
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier, x = wrap(spy, 4, SIZE), pictures(3, SIZE, dtype=torch.float64)
    with torch.no_grad():
        order = classifier(x).argsort(1, descending=True)
    labels = order[:, 1] if targeted else order[:, 0]
    expected = naive(
        classifier, x, labels, eps=eps, steps=7, step_size=step_size, norm=norm, sign=-1 if targeted else 1
    )
    asked = spy.remember()
    goal = advlab.Targeted(labels) if targeted else advlab.Untargeted(labels)
    r = advlab.attack(
        classifier, x, "pgd", norm=norm, eps=eps, goal=goal, steps=7, step_size=step_size, random_start=False,
        early_stop=False,
    )  # fmt: skip
    queries = asked[1 : 1 + 8]  # after the look at the clean images
    for mine, theirs in zip(queries, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-12)
    assert r.queries.tolist() == [8, 8, 8]
    assert r.gradients.tolist() == [7, 7, 7]
    sign = -1 if targeted else 1
    reach = sign * torch.stack([margins(classifier, images, labels) for images in expected])
    torch.testing.assert_close(r.margin_after, reach.amax(0), rtol=0, atol=1e-9)
    for k in range(3):
        torch.testing.assert_close(r.adversarial[k], expected[int(reach[:, k].argmax())][k], rtol=0, atol=1e-12)


def test_one_step_moves_every_free_pixel_by_the_step_size():
    """Away from the walls by exactly the step, towards them by what is left."""
    spy = Spy(conv(SIZE))
    classifier = wrap(spy, 4, SIZE)
    x = pictures(3, SIZE, low=0.2, high=0.8)
    x[:, 0, 0, 0], x[:, 1, 1, 1] = 0.0, 1.0
    asked = spy.remember()
    advlab.attack(
        classifier, x, "pgd", norm="linf", eps=0.1, steps=1, step_size=0.03, random_start=False, early_stop=False
    )
    moved = asked[2] - asked[0]
    free = (asked[0] > 0) & (asked[0] < 1)
    torch.testing.assert_close(moved[free].abs(), torch.full_like(moved[free], 0.03), rtol=0, atol=1e-6)
    walls = moved[~free].abs()
    assert bool(((walls == 0) | ((walls - 0.03).abs() < 1e-6)).all())


@pytest.mark.parametrize("norm, eps", [("linf", 0.07), ("l2", 0.5)])
def test_fgsm_is_one_full_step(norm, eps):
    classifier, x = wrap(conv(SIZE, dtype=torch.float64), 4, SIZE), pictures(3, SIZE, dtype=torch.float64)
    with torch.no_grad():
        labels = classifier(x).argmax(1)
    expected = naive(classifier, x, labels, eps=eps, steps=1, step_size=eps, norm=norm)[1]
    r = advlab.attack(classifier, x, "fgsm", norm=norm, eps=eps)
    torch.testing.assert_close(r.adversarial, expected, rtol=0, atol=1e-12)
    assert r.queries.tolist() == [2, 2, 2]
    assert r.gradients.tolist() == [1, 1, 1]


def test_the_default_step_size():
    """2.5 · eps / steps, as in Madry and others' evaluation."""
    classifier, x = wrap(conv(SIZE, dtype=torch.float64), 4, SIZE), pictures(2, SIZE, dtype=torch.float64)
    common = {"norm": "linf", "eps": 0.08, "steps": 5, "random_start": False, "early_stop": False}
    default = advlab.attack(classifier, x, "pgd", **common)
    spelled = advlab.attack(classifier, x, "pgd", step_size=2.5 * 0.08 / 5, **common)
    torch.testing.assert_close(default.adversarial, spelled.adversarial, rtol=0, atol=1e-12)


def test_a_step_in_l1_is_sparse_and_leaves_walls_alone():
    """The first step: a fifth of the values, those with the largest slopes that can go further, by the same amount."""
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier, x = wrap(spy, 4, SIZE), pictures(3, SIZE, low=0.3, high=0.7, dtype=torch.float64)
    x[:, :, :3] = x[:, :, :3].round()
    with torch.no_grad():
        labels = classifier(x).argmax(1)
    leaf = x.clone().requires_grad_()
    F.cross_entropy(classifier(leaf), labels, reduction="sum").backward()
    stuck = ((x == 0) & (leaf.grad < 0)) | ((x == 1) & (leaf.grad > 0))
    slopes = leaf.grad.masked_fill(stuck, 0).flatten(1)
    asked = spy.remember()
    advlab.attack(classifier, x, "pgd", norm="l1", eps=0.9, steps=1, random_start=False, early_stop=False)
    moved = (asked[-2] - x).flatten(1)
    values = round(0.2 * slopes.shape[1])
    for row in range(3):
        chosen = slopes[row].abs().topk(values).indices
        expected = torch.zeros_like(moved[row])
        expected[chosen] = slopes[row][chosen].sign() * 0.9 / values
        torch.testing.assert_close(moved[row], expected, rtol=0, atol=1e-9)


def test_in_l1_it_looks_beyond_the_ball_and_claims_nothing_there():
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(6, SIZE)
    asked = spy.remember()
    r = advlab.attack(classifier, x, "pgd", norm="l1", eps=0.5, steps=20, random_start=False, early_stop=False)
    queries = [images for images in asked[1:] if images.shape == x.shape][:21]
    sizes = torch.stack([(images - x).abs().flatten(1).sum(1) for images in queries]).amax(1)
    assert 1.4 < float(sizes.max()) < 0.5 * 3 * 1.001
    assert bool((sizes[[0, 1, *range(13, 21)]] < 0.5 * 1.001).all())
    assert float(r.norms["l1"].max()) <= 0.5 * (1 + 1e-5) + 1e-7


@pytest.mark.parametrize("norm, eps", [("linf", 0.1), ("l2", 0.5), ("l1", 4.0)])
def test_random_start_is_random_and_inside(norm, eps):
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(40, SIZE, low=0.3, high=0.7)
    starts = []
    for seed in (1, 2):
        asked = spy.remember()
        advlab.attack(classifier, x, "pgd", norm=norm, eps=eps, steps=1, seed=seed)
        starts.append(asked[1] - x)
    order = {"linf": torch.inf, "l2": 2, "l1": 1}[norm]
    size = starts[0].flatten(1).norm(order, dim=1)
    assert size.max() <= eps * (1 + 1e-5) + 1e-7
    if norm == "l2":  # the radius is uniform, of forty starts with a mean of a half and a twentieth more or less
        assert 0.3 * eps < size.mean() < 0.7 * eps
        assert size.min() < 0.2 * eps < 0.8 * eps < size.max()
    else:
        assert size.mean() > 0.9 * eps, "uniform in a ball of 90 dimensions is near its surface"
    assert (starts[0] - starts[1]).abs().mean() > 0.1 * starts[0].abs().mean()
    assert (starts[0][0] - starts[0][1]).abs().mean() > 0.1 * starts[0].abs().mean()


def test_a_zero_first_gradient_does_not_freeze_the_attack():
    """PEERS item 13: one gradient of exactly zero, and momentum attacks elsewhere divide 0 by 0 for good."""

    class Late(torch.nn.Module):
        """A gradient of zero at the clean image, and a slope everywhere else."""

        def __init__(self, clean):
            super().__init__()
            self.register_buffer("clean", clean)

        def forward(self, x):
            away = (x - self.clean).flatten(1)
            rise = away.square().sum(1) * 50
            return torch.stack((torch.ones_like(rise), rise), 1)

    x = pictures(2, SIZE, low=0.4, high=0.6)
    classifier = wrap(Late(x[:1]), 2, SIZE)
    both = torch.cat((x[:1], x[:1] + 0.001))
    r = advlab.attack(classifier, both, "pgd", norm="linf", eps=0.1, steps=10, random_start=False)
    assert r.success.tolist() == [False, True], "at rest exactly on a maximum there is nothing to follow"
    assert r.zero_gradients[0] == 10
    assert r.zero_gradients[1] == 0
    assert advlab.attack(classifier, both, "pgd", norm="linf", eps=0.1, steps=10).success.all(), "a random start leaves"
