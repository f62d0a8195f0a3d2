"""Slices, against asking about every point; networks whose boundaries are known."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from advlab.analysis.boundary import Explorer, everywhere
from advlab.analysis.plane import Plane
from advlab.analysis.readings import Reader
from advlab.errors import ParameterError
from tests.networks import conv, linear, pictures, wrap

SIZE = (3, 6, 5)


class Rings(nn.Module):
    """The class is the ring around a centre that a picture is in, each as wide as the last."""

    def __init__(self, centre, width, classes=4) -> None:
        super().__init__()
        self.centre = nn.Parameter(centre)
        self.middles = (torch.arange(classes) + 0.5) * width

    def forward(self, x):
        distance = (x - self.centre).flatten(1).norm(dim=1)
        return -20 * (distance.unsqueeze(1) - self.middles).abs()


def networks():
    grey = torch.full(SIZE, 0.5)
    return {
        "linear": linear(SIZE, 3),
        "smooth": wrap(conv(SIZE, 5, gain=6.0), 5, SIZE),
        "rings": wrap(Rings(grey, 0.35), 4, SIZE),
    }


def explorer(classifier, *, clip=True, seed=1, tick=lambda: None):
    origin, first, second = pictures(3, SIZE, seed)
    origin = 0.3 + 0.4 * origin
    clean = int(classifier(origin.unsqueeze(0)).argmax())
    return Explorer(Reader(classifier, clean, clip, tick), Plane.through(origin, first - 0.5, second - 0.5))


def brute(it, lines):
    rows, columns = np.meshgrid(lines, lines, indexing="ij")
    positions = torch.from_numpy(np.stack([columns.ravel(), rows.ravel()], 1))
    found = it.reader.read([it.plane.at(positions)])
    return {name: value.numpy().reshape(rows.shape) for name, value in vars(found).items()}


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("name", networks())
def test_a_slice_is_what_asking_everywhere_gives(name, clip):
    it = explorer(networks()[name], clip=clip)
    *_, last = it.explore(0.4, 101)
    truth = brute(it, last.lines)
    assert last.complete
    assert (truth["index"] == last.index).mean() >= 0.999
    for value in ("margin", "probability", "loss", "lead"):
        ours = last.values[value]
        np.testing.assert_allclose(ours[last.known], truth[value][last.known], atol=1e-4, rtol=1e-4)
        assert np.ptp(truth[value]) > 0
    assert last.asked < 0.4 * 101**2


def test_every_level_is_finer_and_keeps_what_was_asked():
    levels = list(explorer(networks()["rings"]).explore(0.4, 101))
    assert [len(level.lines) for level in levels] == [14, 26, 51, 101]
    assert [level.complete for level in levels] == [False, False, False, True]
    assert levels[0].known.all()
    assert levels[1].known.all()
    for coarse, fine in pairwise(levels):
        at = np.searchsorted(fine.lines, coarse.lines)
        assert fine.lines[at].tolist() == coarse.lines.tolist()
        assert fine.known[np.ix_(at, at)][coarse.known].all()
        assert fine.asked > coarse.asked


def test_no_point_is_asked_about_twice():
    asked = []

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = conv(SIZE, 5, gain=6.0)

        def forward(self, x):
            asked.append(len(x))
            return self.inner(x)

    it = explorer(wrap(Spy(), 5, SIZE))
    asked.clear()
    *_, last = it.explore(0.4, 65)
    assert sum(asked) == last.asked


def test_columns_are_the_first_axis_and_rows_the_second():
    it = explorer(networks()["smooth"])
    *_, last = it.explore(0.4, 33)
    found = it.reader.read([it.plane.at(torch.tensor([[last.lines[4], last.lines[28]]]))])
    assert float(found.margin) == pytest.approx(float(last.values["margin"][28, 4]), abs=0.2)
    assert float(found.margin) != pytest.approx(float(last.values["margin"][4, 28]), abs=0.2)


def test_the_margin_is_above_zero_where_the_clean_class_is_answered():
    it = explorer(networks()["rings"])
    *_, last = it.explore(0.4, 65)
    assert ((last.values["margin"] > 0) == (last.index == it.reader.clean))[last.known].all()
    assert (last.values["lead"] >= 0).all()


def test_what_tick_raises_ends_the_work():
    class StopError(Exception): ...

    seen = []

    def tick():
        seen.append(1)
        if len(seen) > 3:
            raise StopError

    levels = explorer(networks()["linear"], tick=tick).explore(0.4, 401)
    with pytest.raises(StopError):
        list(levels)
    assert len(seen) == 4


@pytest.mark.parametrize("resolution", [3, 4, 10, 41, 64, 101, 200, 201, 301])
def test_any_resolution_ends_with_that_many_lines(resolution):
    *_, last = explorer(networks()["linear"]).explore(0.1, resolution)
    assert last.index.shape == (resolution, resolution)
    assert np.diff(last.lines) == pytest.approx(0.2 / (resolution - 1))


@pytest.mark.parametrize(("reach", "resolution"), [(0, 41), (-1, 41), (float("nan"), 41), (float("inf"), 41), (0.1, 2)])
def test_no_square_is_a_sentence(reach, resolution):
    with pytest.raises(ParameterError, match="reach above 0"):
        next(explorer(networks()["linear"]).explore(reach, resolution))


def test_of_how_many_lines_all_points_are_asked_about():
    assert [everywhere(resolution) for resolution in (3, 11, 41, 101, 201)] == [1, 2, 4, 4, 8]
