"""Known values of what changes pictures, against libraries and by hand."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from advlab.core import jpeg
from advlab.core.randomness import fresh
from advlab.defenses.bit_depth import BitDepth
from advlab.defenses.gaussian import Gaussian
from advlab.defenses.jpeg import JPEG
from advlab.defenses.mean import Mean
from advlab.defenses.median import Median
from advlab.defenses.non_local_means import NonLocalMeans
from advlab.defenses.resize_pad import ResizePad
from advlab.defenses.total_variation import TotalVariation
from advlab.errors import ParameterError
from tests.networks import conv, pictures, wrap


def applied(defense, x):
    return defense.apply(x, fresh(x))


def by_channel(function, x):
    return torch.stack([torch.stack([torch.from_numpy(function(c.numpy())) for c in image]) for image in x])


def smooth_pictures(count, size, seed=0):
    """Pictures as cameras make them: neighbours are alike."""
    x = pictures(count, size, seed)
    return by_channel(lambda c: ndimage.gaussian_filter(c, 2), x).float().sub(0.5).mul(4).add(0.5).clamp(0, 1)


@pytest.mark.parametrize(("bits", "wanted"), [(1, [0, 0, 1, 1]), (2, [0, 1 / 3, 2 / 3, 1])])
def test_bits(bits, wanted):
    x = torch.tensor([0.1, 0.4, 0.6, 0.95]).reshape(1, 1, 2, 2)
    assert applied(BitDepth(bits=bits), x).flatten().tolist() == pytest.approx(wanted)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_the_median_is_scipys(size):
    """Even windows too: upper middle value, one more pixel above and left, mirrored at the edge."""
    x = pictures(2, (3, 11, 9))
    wanted = by_channel(lambda c: ndimage.median_filter(c, size=size, mode="reflect"), x)
    assert torch.equal(applied(Median(size=size), x), wanted)


@pytest.mark.parametrize("sigma", [0.5, 0.8, 1.7])
def test_the_blur_is_scipys(sigma):
    x = pictures(2, (3, 13, 15))
    reach = int(np.ceil(3 * sigma))
    wanted = by_channel(lambda c: ndimage.gaussian_filter(c, sigma, mode="reflect", radius=reach), x)
    torch.testing.assert_close(applied(Gaussian(sigma=sigma), x), wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_the_mean_is_scipys(size):
    x = pictures(2, (3, 11, 9))
    wanted = by_channel(lambda c: ndimage.uniform_filter(c, size, mode="reflect"), x)
    torch.testing.assert_close(applied(Mean(size=size), x), wanted, atol=1e-5, rtol=0)


def test_non_local_means_is_its_formula():
    """Against the definition, pixel by pixel."""
    x = pictures(1, (2, 9, 8))
    defense = NonLocalMeans(search=5, patch=3, strength=0.3)
    padded = np.pad(x[0].numpy(), ((0, 0), (4, 4), (4, 4)), mode="symmetric")
    wanted = np.zeros((2, 9, 8))
    for i in range(9):
        for j in range(8):
            total = weights = 0.0
            for a in range(-2, 3):
                for b in range(-2, 3):
                    one = padded[:, i + 3 : i + 6, j + 3 : j + 6]
                    other = padded[:, i + a + 3 : i + a + 6, j + b + 3 : j + b + 6]
                    weight = np.exp(-((one - other) ** 2).mean() / 0.09)
                    total = total + weight * padded[:, i + a + 4, j + b + 4]
                    weights += weight
            wanted[:, i, j] = total / weights
    inside = applied(defense, x)[0].numpy()[:, 3:-3, 3:-3]
    np.testing.assert_allclose(inside, wanted[:, 3:-3, 3:-3], atol=1e-5)


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_pillows_and_its_arithmetic_is_near(quality, channels):
    x = (smooth_pictures(2, (channels, 32, 40)) * 255).round() / 255
    given = applied(JPEG(quality=quality), x)
    file = io.BytesIO()
    pixels = (x[1].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    Image.fromarray(pixels.squeeze()).save(file, "JPEG", quality=quality)
    wanted = torch.from_numpy(np.asarray(Image.open(file)).copy()).reshape(32, 40, channels).permute(2, 0, 1)
    assert torch.equal((given[1] * 255).round().to(torch.uint8), wanted)
    assert float((jpeg.compressed(x, quality) - given).abs().mean()) < 1.5 / 255


def test_a_jpeg_of_sides_that_are_no_multiple_of_a_block():
    x = smooth_pictures(1, (3, 21, 13))
    assert jpeg.compressed(x, 90).shape == x.shape
    assert float((jpeg.compressed(x, 90) - applied(JPEG(quality=90), x)).abs().mean()) < 2 / 255


def objective(z, x, weight):
    down, across = z.diff(dim=2)[..., :, :-1], z.diff(dim=3)[..., :-1, :]
    return float(0.5 * (z - x).square().sum() + weight * (down.square() + across.square()).sqrt().sum())


def test_total_variation_is_minimised():
    """With all pixels kept, no worse than the library's solver at its own objective; flat stays flat."""
    from skimage.restoration import denoise_tv_chambolle  # noqa: PLC0415

    x = smooth_pictures(1, (1, 24, 20)) + 0.1 * torch.randn(1, 1, 24, 20, generator=torch.Generator().manual_seed(1))
    ours = applied(TotalVariation(kept=1, weight=0.1, steps=500), x.clamp(0, 1))
    theirs = torch.from_numpy(
        denoise_tv_chambolle(x.clamp(0, 1)[0, 0].numpy(), weight=0.1, eps=1e-9, max_num_iter=5000)
    )
    ours_at, theirs_at = (objective(z.reshape(x.shape), x.clamp(0, 1), 0.1) for z in (ours, theirs))
    assert ours_at <= 1.001 * theirs_at
    flat = torch.full((1, 3, 12, 12), 0.4)
    torch.testing.assert_close(applied(TotalVariation(), flat), flat, atol=1e-4, rtol=0)


def test_resizing_shrinks_onto_black_within_the_frame():
    x = torch.ones(50, 1, 20, 20)
    shown = applied(ResizePad(smallest=0.5), x + 0.0)
    sides = (shown[:, 0].amax(1) > 0.5).sum(1)
    assert 10 <= int(sides.min()) <= int(sides.max()) <= 20
    torch.testing.assert_close(applied(ResizePad(smallest=1), x), x)


@pytest.mark.parametrize(
    "defense", [Median(size=9), Mean(size=12), Gaussian(sigma=5), NonLocalMeans(), ResizePad(smallest=0.1)], ids=str
)
def test_what_leaves_nothing_is_refused(defense):
    with pytest.raises(ParameterError, match="leaves nothing of 9 × 8 pixels; choose"):
        defense.wrap(wrap(conv((3, 9, 8), 4), 4, (3, 9, 8)))
