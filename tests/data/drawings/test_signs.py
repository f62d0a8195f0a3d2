"""The drawn signs: all there, told apart, the same at every call."""

import numpy as np
import pytest
from PIL import Image

from advlab.data.drawings import scene
from advlab.data.drawings.plate import BLUE, RED, YELLOW
from advlab.data.drawings.scene import photograph
from advlab.data.drawings.signs import SIGNS


@pytest.fixture(scope="module", name="plates")
def _plates() -> dict[str, Image.Image]:
    return {says: draw().image for says, draw in SIGNS.items()}


def share(plate: Image.Image, colour: tuple[int, int, int]) -> float:
    """How much of a sign has a colour."""
    values = np.asarray(plate).astype(int)
    near = np.abs(values[..., :3] - np.array(colour)).max(2) < 8
    return float((near & (values[..., 3] > 0)).sum() / (values[..., 3] > 0).sum())


def test_there_are_all_43(plates: dict[str, Image.Image]) -> None:
    assert len(plates) == 43
    assert {"Stop", "Give way", "No entry", "Priority road", "Speed limit 120", "Roundabout"} <= set(plates)


def test_no_two_are_the_same(plates: dict[str, Image.Image]) -> None:
    small = {says: np.asarray(plate.convert("RGB").resize((24, 24)), dtype=int) for says, plate in plates.items()}
    names = list(small)
    closest = min((np.abs(small[a] - small[b]).mean(), a, b) for k, a in enumerate(names) for b in names[k + 1 :])
    assert closest[0] > 1.5, closest


@pytest.mark.parametrize(
    "says, colour, least, most",
    [
        ("Stop", RED, 0.6, 0.85),
        ("No entry", RED, 0.6, 0.85),
        ("Speed limit 50", RED, 0.3, 0.45),
        ("Give way", RED, 0.4, 0.65),
        ("Priority road", YELLOW, 0.3, 0.45),
        ("Ahead only", BLUE, 0.6, 0.85),
        ("End of all limits", RED, 0.0, 0.0),
    ],
)  # fmt: skip
def test_colours_are_where_they_belong(
    plates: dict[str, Image.Image], says: str, colour: tuple[int, int, int], least: float, most: float
) -> None:
    assert least <= share(plates[says], colour) <= most


def test_a_seed_gives_the_same_picture_and_another_seed_another() -> None:
    first, again, other = (np.asarray(photograph(SIGNS["Stop"](), seed)) for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 5


def test_it_is_a_scene_and_not_a_sign_on_a_flat_ground() -> None:
    for seed in range(4):
        picture = photograph(SIGNS["Stop"](), seed)
        assert (picture.size, picture.mode) == ((scene.SIDE, scene.SIDE), "RGB")
        pixels = np.asarray(picture, dtype=float)
        rim = np.concatenate([pixels[:12].reshape(-1, 3), pixels[-12:].reshape(-1, 3)])
        assert rim.std(0).min() > 12  # sky and trees
        assert pixels[40:50, 60:70].std() > 1  # and the camera's grain on the paint


def test_the_view_is_where_its_corners_are() -> None:
    corners = np.array(((40.0, 30), (330, 50), (350, 340), (20, 320)))
    a, b, c, d, e, f, g, h = scene._mapping(corners)
    for (x, y), plate in zip(corners, ((0, 0), (512, 0), (512, 512), (0, 512)), strict=True):
        below = g * x + h * y + 1
        assert ((a * x + b * y + c) / below, (d * x + e * y + f) / below) == pytest.approx(plate, abs=1e-6)
