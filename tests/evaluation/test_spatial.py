"""Rotations and translations: the movement by hand, and the worst case by a plain loop."""

import pytest
import torch

from advlab.core.poses import Pose, Poses, moved
from advlab.errors import ParameterError
from advlab.evaluation.running import Running
from advlab.evaluation.spatial import spatial_accuracy
from tests import networks
from tests.evaluation.sets import answered

SIZE = (1, 9, 7)
FEW = Poses(degrees=12, angles=5, shifts=1)


@pytest.fixture
def classifier():
    return networks.wrap(networks.conv(SIZE, classes=3), 3, SIZE)


@pytest.mark.parametrize("padding", ["reflection", "zeros"])
def test_a_translation_moves_whole_pixels(padding):
    images = networks.pictures(2, (3, 9, 7))
    there = moved(images, Pose(0, 2, -1), padding)
    torch.testing.assert_close(there[:, :, 2:, :-1], images[:, :, :-2, 1:], rtol=0, atol=1e-5)
    beyond = images[:, :, 0, 1:] if padding == "reflection" else torch.zeros(2, 3, 6)
    torch.testing.assert_close(there[:, :, 1, :-1], beyond, rtol=0, atol=1e-5)


def test_a_quarter_turn_counterclockwise():
    images = networks.pictures(2, (3, 8, 8))
    torch.testing.assert_close(moved(images, Pose(90, 0, 0)), images.rot90(1, (2, 3)), rtol=0, atol=1e-5)
    torch.testing.assert_close(moved(images, Pose(180, 0, 0)), images.flip(2, 3), rtol=0, atol=1e-5)


def test_pictures_that_are_not_square_are_turned_and_not_sheared():
    """A quarter turn of a wide picture: what fits is where it belongs, pixel by pixel."""
    images = networks.pictures(1, (1, 5, 9))
    middle = images[..., 2:7]
    torch.testing.assert_close(moved(images, Pose(90, 0, 0))[..., 2:7], middle.rot90(1, (2, 3)), rtol=0, atol=1e-5)


def test_a_turn_comes_before_a_translation():
    images = networks.pictures(1, (1, 8, 8))
    both = moved(images, Pose(90, 2, 1), "zeros")
    after = moved(moved(images, Pose(90, 0, 0), "zeros"), Pose(0, 2, 1), "zeros")
    torch.testing.assert_close(both, after, rtol=0, atol=1e-5)


def test_the_grid():
    grid = Poses().grid(48, 48)
    assert len(grid) == 7 * 3 * 3 - 1
    assert len(set(grid)) == len(grid)
    assert Pose(0, 0, 0) not in grid
    assert {abs(pose.degrees) for pose in grid} == {0, 10, 20, 30}
    assert {pose.down for pose in grid} == {-5, 0, 5}
    assert (abs(grid[0].degrees), abs(grid[0].down), abs(grid[0].right)) == (30, 5, 5)
    assert len(Poses(angles=31, shifts=5).grid(32, 32)) == 31 * 5 * 5 - 1
    assert Poses(angles=1, shifts=1).grid(32, 32) == []
    assert {pose.down for pose in Poses(share=0.01).grid(28, 28)} == {0}, "less than half a pixel is none"


@pytest.mark.parametrize("wrong", [{"angles": 0}, {"shifts": 0}, {"degrees": -1.0}, {"share": 1.0}])
def test_what_is_no_grid_is_a_sentence(wrong):
    with pytest.raises(ParameterError):
        Poses(**wrong)


def test_every_verdict_is_what_a_plain_loop_says(classifier):
    data = answered(classifier, 30, wrong=(0, 9), size=SIZE)
    found = spatial_accuracy(classifier, data, FEW, Running(batch=7))
    grid = FEW.grid(*SIZE[1:])
    for row, verdict in enumerate(found.verdicts):
        image, label = data.floats(slice(row, row + 1)), int(data.labels[row])
        fooling = [pose for pose in grid if int(classifier(moved(image, pose)).argmax()) != label]
        right = int(classifier(image).argmax()) == label
        assert (verdict.row, verdict.correct) == (row, right)
        assert verdict.pose == (fooling[0] if right and fooling else None)
        assert verdict.robust == (right and not fooling)
    assert found.complete
    assert found.clean.correct == 28
    assert 0 < found.robust.correct < 28


def test_a_fooled_picture_retires(classifier):
    spy = networks.Spy(classifier.module)
    watched = networks.wrap(spy, 3, SIZE)
    data = answered(classifier, 20, size=SIZE)
    found = spatial_accuracy(watched, data, FEW)
    grid = FEW.grid(*SIZE[1:])
    asked = sum(1 + (len(grid) if v.pose is None else grid.index(v.pose) + 1) for v in found.verdicts)
    assert spy.forward_images == asked
    assert spatial_accuracy(watched, data, FEW, Running(batch=3)) == found


def test_a_finer_grid_finds_no_less(classifier):
    data = answered(classifier, 60, size=SIZE)
    rates = [
        spatial_accuracy(classifier, data, Poses(angles=n, shifts=m)).robust.correct
        for n, m in ((1, 1), (3, 1), (5, 3))
    ]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 60
    assert rates[-1] < rates[0]


def test_stop_is_heard_between_poses(classifier):
    data = answered(classifier, 12, size=SIZE)
    asked, told = [], []
    stopping = Running(batch=4, progress=told.append, should_stop=lambda: asked.append(0) or len(asked) > 6)
    found = spatial_accuracy(classifier, data, FEW, stopping)
    assert not found.complete
    assert 0 < len(found.verdicts) < 12
    assert len(found.verdicts) % 4 == 0
    whole = spatial_accuracy(classifier, data, FEW, Running(batch=4))
    assert whole.verdicts[: len(found.verdicts)] == found.verdicts
    assert told == sorted(told)


def test_what_is_not_a_number_is_not_right():
    classifier = networks.wrap(networks.Constant([torch.nan, 0.0]), 2, SIZE)
    data = answered(networks.wrap(networks.Constant([1.0, 0.0]), 2, SIZE), 3, size=SIZE)
    assert spatial_accuracy(classifier, data, FEW).robust.correct == 0
