"""Figures of slices: what is drawn where, in which colours, and what can be taken along."""

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest

from advlab.analysis.boundary import VALUES, Slice
from advlab.core.norms import Norm
from advlab.serving.exports import slices as files
from advlab.serving.figures import axes, base, colours, heat, regions, slices, surface
from advlab.serving.geometry.landscape import Landscape, Path
from advlab.serving.geometry.request import Axis, PlaneRequest
from advlab.serving.geometry.words import Said

REACH, EPS = 16 / 255, 8 / 255
TITLES = ("across", "up")


def landscape(lines=21, classes=3, **changes):
    """Stripes from left to right, one a class; the clean one is the first."""
    at = np.linspace(-REACH, REACH, lines)
    index = np.tile(np.minimum(np.arange(lines) * classes // lines, classes - 1), (lines, 1)).astype(np.int32)
    values = {name: np.zeros((lines, lines), np.float32) for name in VALUES}
    values["margin"] = np.tile(-at * 255, (lines, 1)).astype(np.float32)
    values["loss"] = np.tile(np.linspace(0, 5, lines), (lines, 1)).astype(np.float32)
    known = np.zeros((lines, lines), bool)
    known[::2] = True
    request = PlaneRequest(
        picture="sample:stop", model="signs_standard", across=Axis(direction="attack"), up=Axis(direction="random"),
        reach=REACH, eps=EPS,
    )  # fmt: skip
    edge = np.array([[EPS, 0], [0, EPS], [-EPS, 0], [0, -EPS], [EPS, 0]])
    path = Path("PGD", np.array([[EPS / 2, 0], [EPS, 0]]), np.array([1 / 255, 0.0]), "class 1")
    made = Landscape(
        request=request, model="signs_standard", title="Signs", clean=0, answer=0,
        names={k: f"class {k}" for k in range(classes)}, slice=Slice(at, index, values, known, True), ball=edge,
        box=None, paths=(path,), distances=(EPS, np.inf, np.inf, np.inf), farthest=4 * REACH, seconds=1.0,
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def traces(figure, kind):
    return [trace for trace in figure.data if trace.type == kind]


def test_the_map_shows_the_classes_in_their_colours():
    land = landscape()
    chosen = colours.of_classes([land], "class 1", "class 2")
    assert chosen == {0: colours.CLEAN, 1: colours.ADVERSARIAL, 2: colours.TARGET}
    figure = slices.regions_map(land, chosen, colours.LIGHT, TITLES)
    (heatmap,) = traces(figure, "heatmap")
    assert np.array_equal(np.array([*chosen])[np.asarray(heatmap.z)], land.slice.index)
    assert heatmap.x[0] == pytest.approx(-16)
    assert figure.layout.xaxis.title.text == "across · 1/255"
    words = [note.text for note in figure.layout.annotations]
    assert {"<b>class 0</b>", "<b>class 1</b>", "<b>class 2</b>", "L∞ ball, ε = 8/255"} <= set(words)


def test_what_is_drawn_over_the_map_lies_where_it_is():
    figure = slices.regions_map(landscape(), {0: colours.CLEAN}, colours.LIGHT, TITLES, np.array([EPS, -EPS]))
    marks = {trace.text[0]: (trace.x[0], trace.y[0]) for trace in traces(figure, "scatter") if trace.mode == "markers"}
    assert marks["the picture"] == (0, 0)
    assert marks["PGD: class 1"] == pytest.approx((8, 0))
    assert marks["the point that is shown"] == pytest.approx((8, -8))
    (way,) = [trace for trace in traces(figure, "scatter") if trace.mode == "lines+markers"]
    assert list(way.x) == pytest.approx([0, 4, 8])
    assert "off the plane by 1/255" in way.text[1]
    (contour,) = traces(figure, "contour")
    assert (contour.contours.start, contour.contours.end) == (0, 0)


def test_clicks_have_points_all_over_that_nobody_sees():
    (clicks,) = traces(slices.regions_map(landscape(), {}, colours.LIGHT, TITLES), "scattergl")
    assert (min(clicks.x), max(clicks.x), min(clicks.y), max(clicks.y)) == pytest.approx((-16, 16, -16, 16))
    assert clicks.marker.opacity == clicks.selected.marker.opacity == clicks.unselected.marker.opacity == 0


def test_what_is_no_picture_is_hatched():
    box = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1], [1, 1]]) * EPS
    without = slices.regions_map(landscape(), {}, colours.LIGHT, TITLES)
    hatched = slices.regions_map(landscape(box=box), {}, colours.LIGHT, TITLES)
    assert not [trace for trace in traces(without, "scatter") if trace.fillpattern.shape]
    assert len([trace for trace in traces(hatched, "scatter") if trace.fillpattern.shape]) == 1


def test_no_boundary_is_drawn_where_there_is_none():
    land = landscape()
    inside = {**land.slice.values, "margin": np.ones_like(land.slice.values["margin"])}
    safe = dataclasses.replace(land, slice=dataclasses.replace(land.slice, values=inside))
    assert not traces(slices.regions_map(safe, {}, colours.LIGHT, TITLES), "contour")


def test_the_margin_is_blue_where_the_class_is_kept_and_its_scale_is_shared():
    figure = slices.margin_map(landscape(), colours.LIGHT, TITLES, highest=40.0)
    (heatmap,) = traces(figure, "heatmap")
    assert (heatmap.zmin, heatmap.zmax) == (-40, 40)
    assert heatmap.colorscale[-1][1] == colours.CLEAN


def test_a_class_without_a_colour_is_grey_on_the_surface():
    land = landscape(classes=12, lines=121)
    chosen = colours.of_classes([land])
    assert len(set(chosen.values())) == len(chosen) < 12
    figure = surface.loss_surface(land, chosen, colours.DARK)
    (drawn,) = traces(figure, "surface")
    assert len(drawn.x) <= 101
    assert np.asarray(drawn.surfacecolor).max() == len(chosen)
    assert ("other classes", colours.REST) in surface.legend(chosen, land.names)


def test_one_class_has_one_colour_in_two_slices():
    one, two = landscape(), landscape(clean=0, model="signs_pgd", title="Other")
    swapped = dataclasses.replace(two, slice=dataclasses.replace(two.slice, index=two.slice.index[:, ::-1]))
    chosen = colours.of_classes([one, swapped])
    assert chosen[0] == colours.CLEAN
    assert len(set(chosen.values())) == 3


@pytest.mark.parametrize("theme", [colours.LIGHT, colours.DARK])
def test_words_on_a_map_have_a_ground(theme):
    assert base.halo(theme, "Stop")["bgcolor"].startswith("rgba(")
    assert colours.mixed("#000000", "#FFFFFF", 0.25) == "#BFBFBF"


def test_names_stand_where_their_region_is_and_not_on_the_picture():
    index = np.zeros((101, 101), int)
    index[:, 70:] = 1
    index[0, 0] = 2  # too small for a name
    found = {spot.index: spot for spot in regions.spots(index)}
    assert set(found) == {0, 1}
    for spot in found.values():
        assert index[spot.row, spot.column] == spot.index
        assert abs(spot.row - 50) >= 9


def test_lengths_have_their_unit():
    assert axes.length(Norm.LINF, 2 / 255, 1.0) == "2/255"
    assert axes.length(Norm.LINF, float("inf"), 64 / 255) == "over 64/255"


def test_the_csv_has_every_point():
    land = landscape()
    table = pd.read_csv(io.StringIO(files.csv(land)))
    assert len(table) == 21 * 21
    assert list(table.columns) == ["across", "up", "class", "name", "margin", "probability", "loss", "asked"]
    row = table.iloc[20]
    assert (row["across"], row["up"]) == pytest.approx((REACH, -REACH), rel=1e-5)
    assert row["name"] == "class 2"
    assert table["asked"].sum() == land.slice.asked


def test_the_table_says_areas_and_distances():
    rows = dict(files.table(landscape()).itertuples(index=False))
    assert rows["class 0 (clean class)"] == "33.3%"
    assert rows["Distance to the boundary, across"] == "8/255"
    assert rows["Distance to the boundary, up"] == "over 64/255"


def test_the_html_stands_alone_and_trusts_no_name():
    land = landscape(title="<b>mine</b>")
    figure = slices.regions_map(land, {}, colours.LIGHT, TITLES)
    text = files.html([land], [figure], Said("<i>One</i>", "Two"))
    assert "<b>mine</b>" not in text
    assert "&lt;i&gt;One&lt;/i&gt;" in text
    assert 'src="http' not in text
    assert "Plotly" in text


def test_a_map_is_drawn_in_its_scale():
    import torch  # noqa: PLC0415

    where = torch.tensor([[-2.0, 0.0, 2.0, 9.0]])
    assert heat.picture(where, 2.0, signed=True).tolist() == [
        [[0, 114, 178], [255, 255, 255], [230, 120, 10], [230, 120, 10]]
    ]
    sizes = heat.picture(where, 2.0, signed=False)[0]
    assert sizes[0].tolist() == sizes[2].tolist() == [255, 233, 69]
    assert heat.legend(signed=True).startswith("linear-gradient(90deg, rgb(0, 114, 178)")
