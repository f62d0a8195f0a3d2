"""The family with momentum, against loops of ten lines; what is drawn is drawn once, for both."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import advlab
from advlab.core.ascent import unit
from advlab.core.norms import Norm
from advlab.core.randomness import Noise
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 9, 7)
EPS, STEPS = 0.06, 4


def last_iterate(module, x, labels, name, norm="linf", eps=EPS, **parameters):
    """The image after the last step, from what the network was asked."""
    spy = Spy(module)
    classifier = wrap(spy, 4, SIZE)
    asked = spy.remember()
    r = advlab.attack(
        classifier, x, name, norm=norm, eps=eps, labels=labels, steps=STEPS, early_stop=False, seed=3, **parameters
    )
    configured = advlab.attacks.available()[name].configured({"steps": STEPS, **parameters})
    assert (int(r.queries[0]), int(r.gradients[0])) == configured.cost(None)
    return asked[-2]  # before the verdict


def naive(module, x, labels, *, see=lambda x, step: [x], ahead=False, kernel=None, norm="linf", more=None, decay=1.0):
    """The textbook's loop; `see` gives the changed copies of a step, `more` what to add to the next gradient."""
    point, momentum, variance = x, torch.zeros_like(x), torch.zeros_like(x)

    def gradient(at, copies):
        at = at.clone().requires_grad_()
        seen = copies(at)
        loss = sum(F.cross_entropy(module(copy), labels, reduction="sum") for copy in seen) / len(seen)
        return torch.autograd.grad(loss, at)[0]

    for step in range(STEPS):
        here = gradient(point + EPS / STEPS * decay * momentum * ahead, lambda at, step=step: see(at, step))
        slope = here + variance
        if more is not None:
            variance = gradient(point, lambda at, step=step: more(at, step)) - here
        if kernel is not None:
            slope = F.conv2d(slope, kernel.expand(3, 1, -1, -1), padding=kernel.shape[-1] // 2, groups=3)
        scale = slope.abs().mean((1, 2, 3)) if norm == "linf" else slope.flatten(1).norm(dim=1)
        momentum = decay * momentum + slope / scale[:, None, None, None]
        direction = (
            momentum.sign() if norm == "linf" else momentum / momentum.flatten(1).norm(dim=1)[:, None, None, None]
        )
        delta = point + EPS / STEPS * direction - x
        shrink = (EPS / delta.flatten(1).norm(dim=1)).clamp(max=1)[:, None, None, None]
        point = (x + (delta.clamp(-EPS, EPS) if norm == "linf" else delta * shrink)).clamp(0, 1)
    return point


def case(seed=0):
    module, x = conv(SIZE, seed=seed, dtype=torch.float64), pictures(3, SIZE, seed, dtype=torch.float64)
    return module, x, module(x).argmax(1).detach()


def drawn(x, step, times):
    """For each of a step's copies of each image: its stream, `[times][N]`."""
    streams = Noise.of(3, x).at(step).repeated(times)
    return [streams.take(torch.arange(len(x)) * times + k) for k in range(times)]


def gaussian(side):
    grid = torch.linspace(-3, 3, side, dtype=torch.float64)
    kernel = torch.exp(-(grid[:, None] ** 2 + grid[None] ** 2) / 2)
    return (kernel / kernel.sum())[None, None]


DETERMINISTIC = {
    "bim": ({}, {"decay": 0.0}),
    "mi_fgsm": ({"decay": 0.7}, {"decay": 0.7}),
    "ni_fgsm": ({}, {"ahead": True}),
    "si_ni_fgsm": ({"scales": 3}, {"ahead": True, "see": lambda x, _: [x, x / 2, x / 4]}),
    "ti_fgsm": ({"reach": 2}, {}),
}


@pytest.mark.parametrize(
    "name, norm", [*((name, "linf") for name in DETERMINISTIC), ("bim", "l2"), ("mi_fgsm", "l2"), ("ni_fgsm", "l2")]
)
def test_what_draws_nothing_is_the_textbook_loop(name, norm):
    module, x, labels = case()
    parameters, options = DETERMINISTIC[name]
    if name == "ti_fgsm":
        # The kernel's edge is three standard deviations out in a grid of 2·reach + 1 points.
        options = {"kernel": gaussian(5)}
    mine = last_iterate(module, x, labels, name, norm, **parameters)
    torch.testing.assert_close(mine, naive(module, x, labels, norm=norm, **options), rtol=0, atol=1e-12)
    assert (mine != x).any()


@pytest.mark.parametrize("name", ["vmi_fgsm", "vni_fgsm"])
def test_variance_tuning_is_the_textbook_loop(name):
    module, x, labels = case(1)

    def around(at, step):
        return [at + (n.uniform(SIZE).double() * 2 - 1) * 1.5 * EPS for n in drawn(x, step, 7)]

    mine = last_iterate(module, x, labels, name, samples=7)
    expected = naive(module, x, labels, ahead=name == "vni_fgsm", more=around)
    torch.testing.assert_close(mine, expected, rtol=0, atol=1e-12)


def test_diverse_inputs_are_resized_and_padded():
    module, x, labels = case(2)
    changed = []

    def see(at, step):
        out = []
        for image, (chance, size, down, across) in zip(at, drawn(x, step, 1)[0].uniform((4,)).double(), strict=True):
            height, width = (int((0.5 + 0.5 * size) * side) for side in SIZE[1:])
            top, left = int(down * (9 - height + 1)), int(across * (7 - width + 1))
            small = F.interpolate(image[None], (height, width), mode="bilinear")
            padded = F.pad(small, (left, 7 - width - left, top, 9 - height - top))
            changed.append(bool(chance < 0.5))
            out.append(padded if changed[-1] else image[None])
        return [torch.cat(out)]

    expected = naive(module, x, labels, see=see)
    mine = last_iterate(module, x, labels, "di_fgsm", smallest=0.5)
    torch.testing.assert_close(mine, expected, rtol=0, atol=1e-12)
    assert 0 < sum(changed) < len(changed)


def shuffled(image, noise, blocks, dims):
    """Cut, shuffle, cut, shuffle: as one does it with a pair of scissors."""

    def strips(part, dim, widths, order):
        length = part.shape[dim]
        ends = [round(float(w) * (length - blocks)) + k + 1 for k, w in enumerate(widths.cumsum(0) / widths.sum())]
        pieces = part.split([end - begin for begin, end in zip([0, *ends[:-1]], ends, strict=True)], dim)
        return [(int(k), pieces[k]) for k in order.argsort()]

    draw = lambda shape, number: noise.uniform(shape, draw=number).double()[0]  # noqa: E731
    outer = strips(image, dims[0], draw((blocks,), 0), draw((blocks,), 1))
    widths, order = draw((blocks, blocks), 2), draw((blocks, blocks), 3)
    rows = [strips(part, dims[1], widths[k], order[k]) for k, part in outer]
    return torch.cat([torch.cat([piece for _, piece in row], dims[1]) for row in rows], dims[0])


def test_blocks_are_shuffled_and_turned():
    """Without a turn it is what scissors do; with a turn of one block, what a rotation of the picture does."""
    x = pictures(4, SIZE, 5, dtype=torch.float64)
    noise, number = Noise.of(0, x), torch.tensor([1, 2, 3, 0])
    kind = advlab.attacks.available()["bsr"]
    mine = kind(blocks=3, degrees=0).changed(x, noise, number)
    for k in range(3):
        expected = shuffled(x[k], noise.take(torch.tensor([k])), 3, (1, 2) if number[k] % 2 else (2, 1))
        torch.testing.assert_close(mine[k], expected, rtol=0, atol=1e-12)
        assert (mine[k] != x[k]).any()
    assert torch.equal(mine[3], x[3]), "the first copy is the picture itself"

    square = pictures(1, (1, 9, 9), 6, dtype=torch.float64)
    noise = Noise.of(0, square)
    angle = (2 * noise.uniform((1, 1), draw=4).double().flatten() - 1).squeeze() * torch.pi / 3
    turn = torch.stack((angle.cos(), -angle.sin(), 0 * angle, angle.sin(), angle.cos(), 0 * angle)).reshape(1, 2, 3)
    grid = F.affine_grid(turn, [1, 1, 9, 9], align_corners=False)
    expected = F.grid_sample(square, grid, align_corners=False, padding_mode="border") * (grid.abs() <= 1).all(3)
    turned = kind(blocks=1, degrees=60).changed(square, noise, torch.tensor([1]))
    torch.testing.assert_close(turned, expected, rtol=0, atol=1e-12)


def test_bsr_is_the_mean_over_its_copies():
    module, x, labels = case(4)
    kind = advlab.attacks.available()["bsr"](samples=7)

    def see(at, step):
        return [kind.changed(at, n, torch.full((3,), k)) for k, n in enumerate(drawn(x, step, 7))]

    mine = last_iterate(module, x, labels, "bsr", samples=7)
    torch.testing.assert_close(mine, naive(module, x, labels, see=see), rtol=0, atol=1e-12)


FAMILY = ["bim", "mi_fgsm", "ni_fgsm", "si_ni_fgsm", "vmi_fgsm", "vni_fgsm", "di_fgsm", "ti_fgsm", "bsr"]


@pytest.mark.parametrize("name", FAMILY)
def test_a_zero_first_gradient_freezes_none(name):
    """PEERS item 13, both ways: a network without slope in its first answers, and one without slope at the picture."""

    class Asleep(nn.Module):
        """No slope at all in its first answer to a question about gradients."""

        def __init__(self):
            super().__init__()
            self.module, self.asked = conv(SIZE, dtype=torch.float64), 0

        def forward(self, x):
            self.asked += x.requires_grad
            return self.module(x.detach() + 0 * x if x.requires_grad and self.asked == 1 else x)

    class Hollow(nn.Module):
        """Flat at one picture, which is the bottom of a bowl."""

        def __init__(self, clean):
            super().__init__()
            self.register_buffer("clean", clean)

        def forward(self, x):
            rise = (x - self.clean).flatten(1).square().sum(1) * 50
            return torch.stack((torch.ones_like(rise), rise), 1)

    _, x, labels = case()
    few = {"samples": 2} if name in ("bsr", "vmi_fgsm", "vni_fgsm") else {}
    asleep = advlab.attack(wrap(Asleep(), 4, SIZE), x, name, eps=0.2, labels=labels, **few)
    assert asleep.zero_gradients.sum() > 0
    assert asleep.success.all()
    grey = pictures(2, SIZE, low=0.4, high=0.6)[:1]
    r = advlab.attack(wrap(Hollow(grey), 2, SIZE), grey, name, eps=0.1, **few)
    assert r.success.all()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_what_is_remembered_has_one_scale(norm):
    """However faint a gradient is, unless it is nothing."""
    gradient = pictures(3, SIZE, low=-1, high=1)
    gradient[2] = 0
    loud, faint = unit(gradient, Norm(norm)), unit(gradient * 1e-36, Norm(norm))
    torch.testing.assert_close(loud, faint)
    scale = loud.abs().mean((1, 2, 3)) if norm == "linf" else loud.flatten(1).norm(dim=1)
    torch.testing.assert_close(scale, torch.tensor([1.0, 1.0, 0.0]))
