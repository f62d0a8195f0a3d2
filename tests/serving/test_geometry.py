"""Slices, points, random directions and climbs as jobs bring them, on a network of the shelf."""

import math

import numpy as np
import pytest
import torch

from advlab import models
from advlab.core import norms
from advlab.core.request import AttackRequest
from advlab.data.samples import sample
from advlab.errors import AdvlabError, InputError, ParameterError
from advlab.serving import lab
from advlab.serving.geometry import ascent, landscape, point, spread, words
from advlab.serving.geometry.ground import Materials, lay
from advlab.serving.geometry.request import Axis, PlaneRequest

EPS = 8 / 255
MODEL, TWIN = "signs_standard", "signs_trades"


@pytest.fixture(scope="module")
def outcome():
    request = AttackRequest(
        picture="sample:stop", model=MODEL, attack="pgd", norm="linf", eps=EPS, parameters={"steps": 10}
    )
    return lab.run(request, sample("stop").image)


@pytest.fixture(scope="module")
def materials(outcome):
    return Materials(sample("stop").image, {"sample:give-way": sample("give-way").image}, {"first": outcome})


def asked(across="attack", up="random", **more):
    """A small square; an axis is written as in a link."""
    axes = {}
    for name, text in (("across", across), ("up", up)):
        direction, _, of = text.partition(":")
        axes[name] = Axis(direction=direction, of=of)
    values = {"picture": "sample:stop", "model": MODEL, "reach": 2 * EPS, "eps": EPS, "resolution": 21, **axes, **more}
    return PlaneRequest.checked(**values)


def test_the_slice_through_an_attack_has_its_way_its_end_and_its_ball(materials, outcome):
    levels = []
    land = landscape.draw(asked(), materials, levels.append)
    assert [len(level.slice.lines) for level in levels[:-1]] == sorted({len(level.slice.lines) for level in levels})
    assert [level.distances is None for level in levels] == [True] * (len(levels) - 1) + [False]
    assert levels[-1].slice.complete
    (path,) = land.paths
    # The change lies along the axis across: the picture that was given out is that far, but for rounding.
    assert path.positions[-1] == pytest.approx([outcome.norms["linf"], 0], abs=1 / 255)
    assert path.off[-1] <= 0.51 / 255
    assert path.label == outcome.after.label
    assert len(path.positions) == len(outcome.film.frames) + 1
    plane = lay(asked(), materials).plane
    edge = plane.at(torch.from_numpy(land.ball)) - plane.origin
    assert norms.size(edge, "linf").tolist() == pytest.approx([EPS] * len(edge), rel=1e-4)
    assert land.names[land.clean] == "Stop"
    along, *_ = land.distances
    assert 0 < along < outcome.norms["linf"]


def test_the_distance_is_where_the_answer_changes(materials):
    request = asked()
    land = landscape.draw(request, materials)
    ground = lay(request, materials)
    along = land.distances[0]
    places = torch.tensor([[0.995 * along, 0.0], [1.005 * along, 0.0]], dtype=torch.float64)
    before, after = ground.classifier(ground.plane.at(places).clamp(0, 1)).argmax(1).tolist()
    assert before == land.clean
    assert after != land.clean


def test_every_point_of_a_slice_is_what_the_model_says_there(materials):
    land = landscape.draw(asked(resolution=9), materials)
    ground = lay(asked(), materials)
    rows, columns = np.meshgrid(land.slice.lines, land.slice.lines, indexing="ij")
    images = ground.plane.at(torch.from_numpy(np.stack([columns.ravel(), rows.ravel()], 1))).clamp(0, 1)
    answers = ground.classifier(images).argmax(1).reshape(rows.shape).numpy()
    assert (answers == land.slice.index)[land.slice.known].all()
    assert (answers == land.slice.index).mean() > 0.98


@pytest.mark.parametrize("axis", ["sign", "gradient", "class:3", "picture:sample:give-way", "random", "attack:first"])
def test_every_direction_makes_a_plane_of_size_one(axis, materials):
    for norm in ("linf", "l2", "l1"):
        ground = lay(asked(across=axis, up="random", norm=norm), materials)
        assert norms.size(ground.plane.axes, norm).tolist() == pytest.approx([1, 1], abs=1e-5)
        one, two = ground.plane.axes.double().flatten(1)
        assert float(one @ two) == pytest.approx(0, abs=1e-6 * float(one.norm() * two.norm()))


def test_three_pictures_are_a_plane(materials):
    more = Materials(
        materials.picture,
        {name: sample(name.removeprefix("sample:")).image for name in ("sample:give-way", "sample:no-entry")},
    )
    ground = lay(asked("picture:sample:give-way", "picture:sample:no-entry"), more)
    classifier = models.load(MODEL)
    others = torch.cat([classifier.prepare(image) for image in more.others.values()])
    _, off = ground.plane.locate(others)
    assert float(off.max()) < 1e-5


def test_two_models_answer_in_one_plane(materials):
    one = landscape.draw(asked(), materials)
    two = landscape.draw(asked(), materials, model=TWIN)
    assert (two.model, two.clean) == (TWIN, one.clean)
    assert np.array_equal(one.slice.lines, two.slice.lines)
    assert two.distances[0] > one.distances[0]
    said = words.of_both(one, two)
    assert said.headline.startswith("Stop ends ")


def test_a_model_of_other_pictures_is_refused_with_a_sentence(materials):
    with pytest.raises(InputError, match="the same size"):
        landscape.draw(asked(), materials, model="cifar10_standard")


def test_pixels_that_are_not_clipped_have_an_edge(materials):
    assert landscape.draw(asked(clip=True), materials).box is None
    assert landscape.draw(asked(clip=False), materials).box is not None


def test_stop_is_heard_and_keeps_what_there_is(materials):
    levels = []
    found = landscape.draw(asked(), materials, levels.append, should_stop=lambda: bool(levels))
    assert found is levels[-1]
    assert not found.slice.complete
    assert landscape.draw(asked(), materials, should_stop=lambda: True) is None
    assert spread.compare(asked(), materials, 5, should_stop=lambda: True) is None
    assert ascent.ascend(asked(), materials, EPS, should_stop=lambda: True) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reach": 0}, "reach"),
        ({"reach": math.inf}, "reach"),
        ({"resolution": 5000}, "resolution"),
        ({"eps": -1}, "eps"),
        ({"seed": -1}, "seed"),
    ],
)
def test_impossible_values_are_named(changes, sentence):
    with pytest.raises(ParameterError, match=sentence):
        asked(**changes)


@pytest.mark.parametrize(
    "axes", [("class:43", "random"), ("class:x", "random"), ("picture:sample:none", "random"), ("sign", "sign"),
             ("attack:other", "random")],
)  # fmt: skip
def test_impossible_axes_get_a_sentence(axes, materials):
    with pytest.raises(AdvlabError, match=r"\w+ \w+.*[.:]"):
        landscape.draw(asked(*axes), materials)


def test_an_attack_on_another_picture_is_no_axis(outcome):
    other = Materials(sample("give-way").image, {}, {"first": outcome})
    with pytest.raises(InputError, match="another picture"):
        lay(asked(), other)
    with pytest.raises(InputError, match="no attack"):
        lay(asked(), Materials(sample("stop").image))


def test_a_point_is_judged_as_a_file_would_hold_it(materials):
    found = point.visit(asked(), materials, (EPS, 0.0), [TWIN])
    classifier = models.load(MODEL)
    x = torch.from_numpy(found.pixels).permute(2, 0, 1).unsqueeze(0).float() / 255
    assert int(classifier(x).argmax()) == found.opinions[0].index
    assert int(models.load(TWIN)(x).argmax()) == found.opinions[1].index
    assert found.sizes["linf"] == pytest.approx(EPS, abs=0.51 / 255)
    assert found.opinions[0].label != "Stop"
    origin = point.visit(asked(), materials, (0.0, 0.0))
    assert origin.sizes["linf"] == 0
    assert origin.opinions[0].label == "Stop"


def test_random_directions_are_farther_than_the_adversarial_one(materials):
    drafts = []
    found = spread.compare(asked(), materials, 12, drafts.append)
    assert [len(draft.random) for draft in drafts] == [0, 10, 12]
    assert found.adversarial == pytest.approx(landscape.draw(asked(), materials).distances[0], rel=0.01)
    assert found.times > 5
    assert found.times == pytest.approx(min(found.typical, found.reach) / found.adversarial)
    assert found.climb[0] == pytest.approx(found.wander[:, 0].max(), abs=1e-5)
    assert found.climb[-1] > found.wander[:, -1].max()
    said = words.of_spread(found, "the attack")
    assert "times farther" in said.headline
    assert f"{found.met} meet a boundary" in said.detail


def test_random_directions_do_not_depend_on_how_many_there_are(materials):
    few, many = (spread.compare(asked(), materials, count) for count in (3, 11))
    assert many.random[:3] == pytest.approx(few.random, rel=1e-4)


def test_the_robust_network_is_climbed_less_high(materials, monkeypatch):
    monkeypatch.setattr(ascent, "RESTARTS", 12)
    drafts = []
    one = ascent.ascend(asked(), materials, EPS, show=drafts.append)
    other = ascent.ascend(asked(), materials, EPS, model=TWIN)
    assert len(drafts) == ascent.STEPS + 1
    assert one.loss.shape == (ascent.RESTARTS, ascent.STEPS + 1)
    assert one.fooled[:, -1].all()
    assert not other.fooled[:, -1].any()
    assert np.median(other.loss[:, -1]) < np.median(one.loss[:, -1])


def test_equal_requests_have_equal_keys_and_others_have_not():
    assert asked().key("x") == asked().key("x")
    assert len({asked().key("x"), asked().key("y"), asked(seed=1).key("x"), asked(up="sign").key("x")}) == 4


def test_the_words_say_how_far_and_what_was_not_found(materials):
    land = landscape.draw(asked(), materials)
    said = words.of_slice(land, "the attack", "random signs")
    assert said.headline.startswith("Stop ends ")
    assert said.headline.endswith("/255 away")
    assert "at least" in said.detail or "times as far" in said.detail
