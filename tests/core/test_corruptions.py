"""Corruptions: what holds for each of them, and cases by hand."""

import pytest
import torch

from advlab.core.corruptions import KINDS, SEVERITIES, corrupted
from advlab.errors import ParameterError
from tests import networks

kinds = pytest.mark.parametrize("kind", KINDS)


def smooth(count, size, seed=0):
    """Pictures with coarse and fine parts, and room to both sides: noise alone has no edges to blur."""
    coarse = torch.nn.functional.interpolate(networks.pictures(count, (size[0], 5, 5), seed), size[1:], mode="nearest")
    return (0.2 + 0.6 * (0.8 * coarse + 0.2 * networks.pictures(count, size, seed + 1)) * 255).round() / 255


def distances(images, kind, seed=0):
    """How far each severity is from the clean pictures, `[5, N]`."""
    return torch.stack([(corrupted(images, kind, at, seed) - images).flatten(1).norm(dim=1) for at in SEVERITIES])


@kinds
@pytest.mark.parametrize("size", [(3, 32, 32), (1, 28, 28), (3, 20, 33)])
def test_a_higher_severity_is_further_away(kind, size):
    images = (0.2 + 0.6 * smooth(6, size)).clamp(0, 1)
    images = (images * 255).round() / 255
    far = distances(images, kind)
    assert float(far[0].min()) > 0
    mean = far.mean(1)
    assert bool((mean.diff() > 0).all()), mean
    for severity in SEVERITIES:
        changed = corrupted(images, kind, severity)
        assert changed.shape == images.shape
        assert changed.dtype == torch.float32
        assert 0 <= float(changed.min()) <= float(changed.max()) <= 1
        torch.testing.assert_close(changed * 255, (changed * 255).round(), rtol=0, atol=1e-4)


@kinds
def test_what_becomes_of_a_picture_depends_on_it_and_the_seed_only(kind):
    images = networks.pictures(5, (3, 16, 16))
    whole = corrupted(images, kind, 3, seed=1)
    assert torch.equal(corrupted(images, kind, 3, seed=1), whole)
    for row in (0, 3):
        torch.testing.assert_close(corrupted(images[[row]], kind, 3, seed=1), whole[[row]], rtol=0, atol=1.01 / 255)
    random = not torch.equal(corrupted(images, kind, 3, seed=2), whole)
    assert random == (kind in ("gaussian_noise", "shot_noise", "impulse_noise", "motion_blur", "haze"))


def test_noises_have_the_spread_that_they_say():
    grey = torch.full((4, 3, 32, 32), 0.5)
    change = corrupted(grey, "gaussian_noise", 3) - grey
    assert float(change.std()) == pytest.approx(0.08, rel=0.05)
    assert float((corrupted(grey, "shot_noise", 5) - grey).std()) == pytest.approx((0.5 / 50) ** 0.5, rel=0.05)
    assert torch.equal(corrupted(grey * 0, "shot_noise", 5), grey * 0)
    values = corrupted(grey, "impulse_noise", 5)
    assert float((values == 0).float().mean()) == pytest.approx(0.035, rel=0.2)
    assert float((values == 1).float().mean()) == pytest.approx(0.035, rel=0.2)
    separate = corrupted(grey, "shot_noise", 5) - grey
    both = torch.stack([change.flatten(), separate.flatten()])
    assert abs(float(torch.corrcoef(both)[0, 1])) < 0.05, "each kind has noise of its own"


@pytest.mark.parametrize("kind", ["defocus_blur", "motion_blur", "pixelate", "contrast"])
def test_what_only_moves_light_keeps_flat_pictures_and_means(kind):
    flat = torch.full((2, 3, 32, 32), 51 / 255)
    torch.testing.assert_close(corrupted(flat, kind, 5), flat, rtol=0, atol=1e-6)
    images = smooth(4, (3, 32, 32))
    mean = corrupted(images, kind, 5).mean((1, 2, 3))
    torch.testing.assert_close(mean, images.mean((1, 2, 3)), rtol=0, atol=0.01)


def test_a_point_out_of_focus_is_a_disc_and_a_moved_one_a_line():
    point = torch.zeros(8, 1, 33, 33)
    point[:, :, 16, 16] = torch.linspace(0.9, 1, 8).reshape(8, 1)  # pictures of their own, with noise of their own
    disc = corrupted(point, "defocus_blur", 5)[0, 0]
    assert torch.equal(disc, disc.T)
    assert torch.equal(disc, disc.flip(0))
    assert int((disc > 0).sum()) == 21
    lines = corrupted(point, "motion_blur", 5)[:, 0] > 0
    assert bool((lines.any(1).sum(1) >= lines.any(2).sum(1)).all()), "at most 45° from the horizontal"
    assert len({tuple(line.flatten().tolist()) for line in lines}) > 3, "every picture has an angle of its own"


def test_brightness_and_pixels_by_hand():
    images = torch.tensor([[51.0, 102.0, 204.0, 255.0]]).reshape(1, 1, 2, 2) / 255
    bright = torch.tensor([[127.5, 178.5, 255.0, 255.0]]).reshape(1, 1, 2, 2) / 255
    torch.testing.assert_close(corrupted(images, "brightness", 5), bright, rtol=0, atol=1 / 255)
    blocks = corrupted(networks.pictures(1, (3, 20, 20)), "pixelate", 5)
    assert len(blocks[0, 0].flatten().unique()) <= 49


def test_haze_is_white_and_uneven():
    black = torch.zeros(2, 3, 32, 32)
    hazy = corrupted(black, "haze", 5)
    assert torch.equal(hazy[:, 0], hazy[:, 1]), "white has no colour"
    assert float(hazy.max()) == pytest.approx(0.5, abs=0.01)
    assert float(hazy.min()) == 0
    assert torch.equal(corrupted(1 - black, "haze", 5)[0, 0].amax(), torch.tensor(1.0))


def test_what_there_is_not_is_a_sentence():
    images = networks.pictures(1, (3, 8, 8))
    with pytest.raises(ParameterError, match="gaussian_noise"):
        corrupted(images, "snow", 1)
    for severity in (0, 6):
        with pytest.raises(ParameterError, match="1 to 5"):
            corrupted(images, "haze", severity)
