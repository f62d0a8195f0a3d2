"""Changes that must change nothing, or exactly the mirrored thing (PEERS 5.2 b)."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn

import advlab
from tests.cases import CASES, EPS
from tests.networks import conv, pictures, wrap

SIZE = (3, 6, 5)
# Attacks that draw nothing; with their parameters.
EXACT = [
    ("fgsm", "linf", {}),
    ("fgsm", "l2", {}),
    ("fgsm", "l1", {}),
    ("pgd", "linf", {"steps": 8, "random_start": False}),
    ("pgd", "l2", {"steps": 8, "random_start": False}),
    ("pgd", "l1", {"steps": 8, "random_start": False}),
    ("mi_fgsm", "l2", {"steps": 5}),
    ("ti_fgsm", "linf", {"steps": 5, "reach": 1}),
    ("cw", "l2", {"steps": 60, "search_steps": 3, "initial_const": 1.0}),
]
exact = pytest.mark.parametrize("name, norm, parameters", EXACT, ids=[f"{n}-{m}" for n, m, _ in EXACT])
UNTARGETED = [c for c in CASES if not c.targeted]
untargeted = pytest.mark.parametrize("case", UNTARGETED, ids=str)


class Around(nn.Module):
    """A network with something done to its pixels and to its logits."""

    def __init__(self, module, before=lambda x: x, after=lambda z: z):
        super().__init__()
        self.module, self.before, self.after = module, before, after

    def forward(self, x):
        return self.after(self.module(self.before(x)))


def around(before=lambda x: x, after=lambda z: z):
    return wrap(Around(conv(SIZE, dtype=torch.float64), before, after), 4, SIZE)


def photos(count=4):
    return pictures(count, SIZE, 5, dtype=torch.float64)


def run(classifier, x, name, norm, parameters, **options):
    eps = None if name == "cw" else EPS[norm]
    return advlab.attack(classifier, x, name, norm=norm, eps=eps, **parameters, **options)


def same(first, second, transform=lambda a: a):
    assert torch.equal(first.success, second.success)
    assert torch.equal(first.queries, second.queries)
    torch.testing.assert_close(transform(first.adversarial), second.adversarial, rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("case", "shift"), [(case, (10.0, -10.0)[i % 2]) for i, case in enumerate(UNTARGETED)], ids=str
)
def test_a_shift_of_all_logits_changes_nothing(case, shift):
    """PEERS item 3: no answer changes, so no attack may; a margin with a zero in it does."""
    x = photos()
    plain, moved = case.run(around(), x), case.run(around(after=lambda z: z + shift), x)
    assert plain.queries.sum() > 0
    same(plain, moved)
    torch.testing.assert_close(plain.margin_after, moved.margin_after)


@pytest.mark.parametrize("case", [c for c in CASES if c.kind.access != "gradient" and c.scale_free], ids=str)
def test_the_scale_of_logits_changes_nothing(case):
    """Margins and labels do not mind a factor of two. A cross-entropy does, and a margin weighed against a distance."""
    x = photos()
    classes = case.classes(around(), x)
    start = pictures(len(x), SIZE, 6, dtype=torch.float64) if case.targeted else None
    plain = case.run(around(), x, goal=case.goal(classes), start=start)
    scaled = case.run(around(after=lambda z: z * 2), x, goal=case.goal(classes), start=start)
    assert plain.queries.sum() > 0
    same(plain, scaled)


@untargeted
def test_the_names_of_classes_change_nothing(case):
    order = torch.tensor([2, 0, 3, 1])
    x = photos()
    plain, renamed = case.run(around(), x), case.run(around(after=lambda z: z[:, order]), x)
    same(plain, renamed)
    assert torch.equal(plain.label_after, order[renamed.label_after])


@exact
def test_a_mirrored_network_is_fooled_by_the_mirrored_image(name, norm, parameters):
    """Flipped pictures with flipped weights: a convolution's kernel and the columns of the last layer."""
    module = conv(SIZE, dtype=torch.float64)
    mirrored = copy.deepcopy(module)
    with torch.no_grad():
        mirrored[0].weight.copy_(module[0].weight.flip(3))
        last = module[-1].weight.reshape(4, 6, *SIZE[1:])
        mirrored[-1].weight.copy_(last.flip(3).reshape(4, -1))
    x = photos()
    plain = run(wrap(module, 4, SIZE), x, name, norm, parameters)
    flipped = run(wrap(mirrored, 4, SIZE), x.flip(3), name, norm, parameters)
    assert plain.queries.sum() > 0
    same(plain, flipped, lambda a: a.flip(3))


@exact
def test_the_negative_is_fooled_by_the_negative(name, norm, parameters):
    """x -> 1 - x with weights of the other sign: nothing in an attack knows dark from bright."""
    x = photos()
    x[0] = x[0].round()
    plain = run(around(), x, name, norm, parameters)
    negative = run(around(before=lambda x: 1 - x), 1 - x, name, norm, parameters)
    assert plain.queries.sum() > 0
    same(plain, negative, lambda a: 1 - a)


@pytest.mark.parametrize("name, norm, parameters", EXACT[:5], ids=[f"{n}-{m}" for n, m, _ in EXACT[:5]])
def test_pixels_that_the_network_ignores_are_not_worth_a_change(name, norm, parameters):
    """A fourth channel of no weight: the same images, and the channel stays as it is."""
    x = photos()
    wider = torch.cat((x, pictures(4, (1, *SIZE[1:]), 9, dtype=torch.float64)), 1)
    network = Around(conv(SIZE, dtype=torch.float64), lambda x: x[:, :3])
    plain = run(around(), x, name, norm, parameters)
    padded = run(wrap(network, 4, (4, *SIZE[1:])), wider, name, norm, parameters)
    assert plain.queries.sum() > 0
    torch.testing.assert_close(padded.adversarial[:, :3], plain.adversarial, rtol=0, atol=1e-7)
    assert torch.equal(padded.adversarial[:, 3:], wider[:, 3:])


@untargeted
def test_a_larger_radius_is_never_safer(case):
    """Success must not fall with the radius (PEERS item 22)."""
    x = photos(8)
    rates = []
    for share in (0.1, 1.0, 4.0):
        r = case.run(around(), x, eps=EPS[case.norm] * share, seed=1)
        rates.append(int(r.success.sum()))
    slack = 0 if case.kind.access == "gradient" or case.minimal else 1  # a short random search has luck
    assert all(later >= earlier - slack for earlier, later in pairwise(rates))
    # Pictures that are turned or spoilt are further away than any radius here.
    assert rates[-1] > rates[0] + slack or (case.kind.baseline and case.minimal)


@pytest.mark.parametrize("case", [c for c in CASES if c.minimal and not c.targeted], ids=str)
def test_the_verdict_of_a_minimal_search_is_its_size_against_the_radius(case):
    """The radius is no part of the search: the same image, judged."""
    x = photos(8)
    free = case.run(around(), x)
    assert free.success.all() or (case.kind.baseline and free.success.sum() > 1)
    middle = free.distance[free.success].median()
    bounded = case.run(around(), x, eps=float(middle))
    assert torch.equal(bounded.adversarial, free.adversarial)
    assert torch.equal(bounded.success, free.distance <= middle)
    assert bounded.success.any()
    assert not bounded.success.all()


def test_stronger_attacks_are_stronger():
    """PGD with many steps fools at least what it fools with few, and at least what one step fools (PEERS 5.2 j)."""
    classifier, x = around(), photos(40)
    rates = []
    for name, parameters in (("fgsm", {}), ("pgd", {"steps": 10}), ("pgd", {"steps": 100})):
        rates.append(
            float(advlab.attack(classifier, x, name, norm="linf", eps=0.04, **parameters).success.float().mean())
        )
    noise = (x + 0.04 * (torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1).sign()).clamp(0, 1)
    with torch.no_grad():
        by_noise = float((classifier(noise).argmax(1) != classifier(x).argmax(1)).float().mean())
    assert by_noise < rates[0] <= rates[1] <= rates[2]
    assert 0 < rates[2] < 1, "a radius at which the comparison says something"
