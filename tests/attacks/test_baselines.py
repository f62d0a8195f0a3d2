"""What knows nothing of the model: sizes of noise, the smallest amount, the nearest pose, the mildest corruption."""

import pytest
import torch

import advlab
from advlab.core import corruptions, norms, reference
from advlab.core.norms import Norm
from advlab.core.poses import Poses, moved
from advlab.core.randomness import Noise
from tests.networks import Constant, Spy, conv, linear, pictures, wrap

SIZE = (3, 6, 5)
KINDS = list(advlab.attacks.available().values())
ROUNDS = {"steps": 4, "amounts": 8}


def test_nobody_takes_them_for_attacks_that_know_the_model():
    baselines = [kind for kind in KINDS if kind.baseline]
    assert len(baselines) >= 6
    for kind in KINDS:
        assert kind.title.startswith("Baseline · ") == kind.baseline
        assert ("knows nothing of the model" in kind.__doc__.splitlines()[0]) == kind.baseline
        assert ("baseline" in reference.sees(kind)) == kind.baseline
        assert (reference.short(kind) == kind.title) or not kind.baseline
    listed = [kind.baseline for kind in advlab.attacks.general().values()]
    assert listed == sorted(listed), "menus begin with attacks"


def noise(norm, eps, x, **options):
    spy = Spy(Constant([1.0, 0.0]))
    asked = spy.remember()
    r = advlab.attack(wrap(spy, 2, x.shape[1:]), x, "random_noise", norm=norm, eps=eps, early_stop=False, **options)
    return torch.stack(asked[1 : options["steps"] + 1]), r


@pytest.mark.parametrize("norm, eps", [("linf", 0.2), ("l2", 0.8), ("l1", 3.0), ("l0", 7.0)])
@pytest.mark.parametrize("content", ["interior", "saturated"])
def test_noise_is_as_large_as_allowed(norm, eps, content):
    """Also on black and white, where the box cuts half of it off."""
    x = pictures(2, SIZE, low=0.3, high=0.7) if content == "interior" else pictures(2, SIZE).round()
    asked, _ = noise(norm, eps, x, steps=20)
    size = torch.stack([norms.size(images - x, Norm(norm)) for images in asked])
    torch.testing.assert_close(size, torch.full_like(size, eps), rtol=1e-4, atol=0)
    assert 0 <= float(asked.min()) <= float(asked.max()) <= 1
    assert not torch.equal(asked[0], asked[1])


def test_noise_in_the_ball_is_smaller():
    x = pictures(2, SIZE, low=0.3, high=0.7)
    asked, _ = noise("linf", 0.2, x, steps=50, place="ball")
    delta = asked - x
    assert float(delta.abs().max()) <= 0.2 + 1e-6
    assert abs(float(delta.mean())) < 0.01
    assert float(delta.std()) == pytest.approx(0.2 / 3**0.5, rel=0.05)


def test_a_radius_beyond_the_box_gives_a_corner_of_it():
    x = pictures(2, SIZE)
    asked, _ = noise("l2", 100.0, x, steps=3)
    assert bool(((asked - asked.round()).abs() < 1e-6).float().mean() > 0.95)


def by_hand(attack, image, noise, fooled):
    """The search for one picture, one question after the other: the fewest pixels, and how many were asked."""
    best, sizes, asked = torch.inf, [], []

    def ask(draw, amount):
        point = attack.noisy(image, noise.at(draw), torch.tensor([amount], dtype=image.dtype))
        asked.append(fooled(point))
        sizes.extend([int((point != image).any(1).sum())] if asked[-1] else [])
        return asked[-1]

    for draw in range(1, attack.steps + 1):
        tries = [(k / attack.amounts, (k + 1) / attack.amounts) for k in range(attack.amounts)]
        tries = tries if best == torch.inf else [(0.0, 0.98 * best)]
        found = next((bracket for bracket in tries if ask(draw, bracket[1])), None)
        if found is not None:
            low, best = found
            for _ in range(8):
                middle = (low + best) / 2
                low, best = (low, middle) if ask(draw, middle) else (middle, best)
    return min(sizes, default=torch.inf), len(asked)


def test_growing_noise_is_a_naive_loop():
    classifier, x = linear(SIZE, 2, 1, dtype=torch.float64), pictures(5, SIZE, 3, dtype=torch.float64)
    attack = advlab.attacks.available()["salt_and_pepper"](**ROUNDS)
    r = advlab.attack(classifier, x, attack)
    for k, image in enumerate(x.split(1)):
        own = int(r.label_before[k])
        size, asked = by_hand(attack, image, Noise.of(0, image), lambda p, own=own: int(classifier(p).argmax()) != own)
        assert (float(r.distance[k]), int(r.queries[k])) == (size, asked)


@pytest.mark.parametrize("name", ["blended_noise", "gaussian_noise"])
def test_the_smallest_amount_of_all_draws_is_found(name):
    """On a plane: as little as the best of the draws takes, found on a fine grid."""
    classifier, x = linear(SIZE, 2, 1), pictures(4, SIZE, 3)
    kind = advlab.attacks.available()[name]
    attack = kind(**ROUNDS)
    r = advlab.attack(classifier, x, attack)
    found = []
    for k in range(len(x)):
        drawn, least = Noise.of(0, x[[k]]), []
        for draw in range(1, ROUNDS["steps"] + 1):
            amounts = torch.linspace(0.002, 1, 500)
            many = x[[k]].expand(500, -1, -1, -1)
            images = attack.noisy(many, drawn.at(draw).take(torch.zeros(500, dtype=torch.int64)), amounts)
            fooled = classifier(images).argmax(1) != r.goal.index[k]
            least += norms.size(images - many, r.norm)[fooled].tolist()
        found.append(min(least, default=torch.inf))
    expected = torch.tensor(found)
    assert r.success.tolist() == expected.isfinite().tolist()
    assert r.success.sum() >= 2
    ratio = (r.distance / expected)[r.success]
    assert float(ratio.max()) < 1.1
    assert float(ratio.min()) > 0.9


def fooled_by(classifier, image, label, images):
    with torch.no_grad():
        return [k for k, one in enumerate(images) if int(classifier(one).argmax()) != label]


def test_the_nearest_pose_that_fools_is_the_result():
    size = (1, 9, 8)
    classifier, x = wrap(conv(size), 4, size), pictures(12, size, 2)
    r = advlab.attack(classifier, x, "spatial", angles=5, shifts=3)
    grid = Poses(angles=5).grid(9, 8)[::-1]
    for k, image in enumerate(x.split(1)):
        poses = [moved(image, pose) for pose in grid]
        fooling = fooled_by(classifier, image, int(r.label_before[k]), poses)
        assert bool(r.success[k]) == bool(fooling)
        assert int(r.queries[k]) == (fooling[0] + 1 if fooling else len(grid))
        if fooling:
            torch.testing.assert_close(r.adversarial[[k]], poses[fooling[0]], rtol=0, atol=2e-2)
    assert 0 < int(r.success.sum()) < 12 or int(r.queries.max()) > 1


def test_the_mildest_corruption_that_fools_is_the_result():
    size = (3, 9, 8)
    classifier, x = wrap(conv(size), 4, size), (pictures(8, size, 2) * 255).round() / 255
    r = advlab.attack(classifier, x, "corruptions")
    assert int(r.success.sum()) > 0
    for k, image in enumerate(x.split(1)):
        for severity in corruptions.SEVERITIES:
            spoilt = [corruptions.corrupted(image, kind, severity) for kind in corruptions.KINDS]
            fooling = fooled_by(classifier, image, int(r.label_before[k]), spoilt)
            if fooling:
                break
        assert bool(r.success[k]) == bool(fooling)
        assert int(r.queries[k]) == severity * len(corruptions.KINDS)
        if fooling:
            least = min(float((spoilt[kind] - image).norm()) for kind in fooling)
            assert float(r.distance[k]) == pytest.approx(least, rel=0.02)


@pytest.mark.parametrize("name", [kind.name for kind in KINDS if kind.baseline])
def test_attacks_beat_them(name):
    """PEERS 5.2 j: what knows the model needs less, or fools at least as many."""
    size = (3, 8, 8)
    classifier, x = wrap(conv(size), 4, size), pictures(20, size, 4)
    if name == "random_noise":
        ours = advlab.attack(classifier, x, name, norm="linf", eps=0.05, steps=10)
        assert ours.success.sum() < advlab.attack(classifier, x, "pgd", norm="linf", eps=0.05).success.sum()
        return
    blind = advlab.attack(classifier, x, name, norm="l2", **(ROUNDS if "noise" in name or "salt" in name else {}))
    knowing = advlab.attack(classifier, x, "ddn", norm="l2", steps=40)
    assert bool((knowing.distance < blind.distance).all())
