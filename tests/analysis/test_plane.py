"""The geometry of a plane, against numbers that can be worked out by hand."""

import pytest
import torch

from advlab.analysis.plane import Plane
from advlab.core import norms
from advlab.core.norms import Norm
from advlab.errors import InputError, ThreatError
from tests.networks import pictures

SIZE = (3, 4, 5)
NORMS = (Norm.LINF, Norm.L2, Norm.L1)


def plane(norm=Norm.LINF, seed=0):
    origin, first, second = pictures(3, SIZE, seed)
    return Plane.through(origin, first - 0.5, second - 0.5, norm)


@pytest.mark.parametrize("norm", NORMS)
def test_axes_are_at_right_angles_and_of_size_one(norm):
    it = plane(norm)
    one, two = it.axes.double().flatten(1)
    assert float((one @ two) / (one.norm() * two.norm())) == pytest.approx(0, abs=1e-6)
    torch.testing.assert_close(norms.size(it.axes, norm), torch.ones(2))


def test_the_first_direction_is_kept():
    origin, first, second = pictures(3, SIZE)
    it = Plane.through(origin, first, second, Norm.L2)
    torch.testing.assert_close(it.axes[0] * first.norm(), first)


@pytest.mark.parametrize("norm", NORMS)
def test_a_point_of_the_plane_is_found_where_it_was_put(norm):
    it = plane(norm)
    positions = torch.tensor([[0.0, 0.0], [0.03, -0.01], [-0.2, 0.4]])
    found, off = it.locate(it.at(positions))
    torch.testing.assert_close(found, positions.double(), atol=1e-6, rtol=1e-5)
    assert float(off.max()) < 1e-6


def test_what_lies_off_the_plane_is_said_in_the_norm():
    it = Plane.through(torch.zeros(1, 1, 3), torch.tensor([[[1.0, 0, 0]]]), torch.tensor([[[0, 1.0, 0]]]), Norm.LINF)
    positions, off = it.locate(torch.tensor([[[[0.2, 0.3, 0.5]]]]))
    assert positions.tolist()[0] == pytest.approx([0.2, 0.3])
    assert float(off) == pytest.approx(0.5)


@pytest.mark.parametrize(("norm", "corner"), [(Norm.LINF, 2**0.5), (Norm.L2, 1.0), (Norm.L1, 0.5**0.5)])
def test_a_ball_on_the_axes_of_two_pixels_is_a_box_a_circle_or_a_diamond(norm, corner):
    axes = torch.eye(2).reshape(2, 1, 1, 2)
    edge = Plane(torch.zeros(1, 1, 2), axes, norm).outline(0.1, points=8)
    lengths = edge.norm(dim=1) / 0.1
    assert lengths.tolist() == pytest.approx([1, corner] * 4 + [1], rel=1e-6)
    assert edge[0].tolist() == edge[-1].tolist()


@pytest.mark.parametrize("norm", NORMS)
def test_pictures_on_the_outline_are_at_the_radius(norm):
    it = plane(Norm.L2)
    edge = it.outline(0.25, norm)
    torch.testing.assert_close(
        norms.size(it.at(edge) - it.origin, norm), torch.full((361,), 0.25), atol=1e-5, rtol=1e-4
    )


def test_just_inside_of_the_box_is_a_picture_and_just_outside_is_none():
    it = plane()
    edge = it.box(72)
    assert float(it.outside(edge * 0.999).max()) == 0
    assert float(it.outside(edge * 1.01).min()) > 0


def test_no_plane_is_a_sentence():
    origin, first, _ = pictures(3, SIZE)
    with pytest.raises(InputError, match="same line"):
        Plane.through(origin, first, -2 * first)
    with pytest.raises(InputError, match="zero"):
        Plane.through(origin, first, torch.zeros(SIZE))
    with pytest.raises(ThreatError, match="L0"):
        Plane.through(origin, first, origin, "l0")
