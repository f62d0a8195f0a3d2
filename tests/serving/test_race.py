"""A race of black-box attacks: what its curves are, what is said, what a link and a file hold."""

import csv
import io
import itertools
import math
from dataclasses import replace

import pytest

from advlab import attacks
from advlab.core.attack import Access
from advlab.core.norms import Norm
from advlab.core.service import Service
from advlab.core.settings import Progress
from advlab.data.samples import sample
from advlab.serving.blackbox import race
from advlab.serving.blackbox.headline import headline
from advlab.serving.blackbox.race import Trail
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.request import CompareRequest
from advlab.serving.exports import races, trails
from advlab.serving.figures.colours import LIGHT
from advlab.serving.figures.races import Course, Line, money
from advlab.serving.figures.races import race as drawn
from advlab.serving.outcome import Verdict

BUDGET = 150
REQUEST = CompareRequest.checked(
    picture="sample:digit-7", model="mnist_standard", norm="l2", eps=2.0, max_queries=BUDGET,
    service=Service(decimals=4),
    attacks={name: race.parameters(name, BUDGET) for name in ("square", "hopskipjump")},
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Trail:
    shown: list[Trail] = []
    trail = race.run(REQUEST.of("hopskipjump"), sample("digit-7").image, shown.append, lambda: False)
    assert len(shown) >= 2
    assert all(one.points == trail.points[: len(one.points)] for one in shown), "a curve only grows"
    return trail


def test_a_trail_is_what_the_attack_did(found: Trail) -> None:
    asked, sizes = zip(*found.points, strict=True)
    assert found.asked == BUDGET
    assert list(asked) == sorted(set(asked))
    assert all(b < a for a, b in itertools.pairwise(sizes))
    assert found.outcome is not None
    assert sizes[-1] == pytest.approx(found.outcome.unrounded_norms["l2"], rel=1e-3)
    assert found.outcome.request.service == Service(decimals=4)


def test_small_gains_are_no_points() -> None:
    trail = Trail()
    for queries, size in ((5, math.inf), (7, 3.0), (9, 2.999), (12, 2.5), (14, 2.5)):
        trail = trail.after(Progress(0.1, 1, queries, 1, 1, size))
    assert trail.points == ((7, 3.0), (12, 2.5))
    assert trail.asked == 14


def test_who_races_sees_no_gradient_and_goes_on_to_the_end() -> None:
    for norm in race.norms():
        names = [name for group in race.groups(norm).values() for name in group]
        assert all(attacks.registry.get(name).access is not Access.GRADIENT for name in names)
        assert set(race.usual(norm)) <= set(names)
        for name in names:
            kind = attacks.registry.get(name)
            configured = kind.configured(race.parameters(name, 3000))
            assert not hasattr(configured, "steps") or configured.steps >= min(3000, kind().steps)


def lines(*points: tuple[tuple[int, float], ...]) -> list[Line]:
    return [Line(f"attack {k}", some, 100) for k, some in enumerate(points)]


def test_the_sentence(found: Trail) -> None:
    entries = [Entry("square", REQUEST), Entry("hopskipjump", REQUEST)]
    assert headline(entries, [Line("Square", (), 0), Line("HopSkipJump", (), 0)], 0) == "Two attacks are under way."
    said = headline(entries, lines((), ()), 0)
    assert said == "Nobody has got there yet, after 100 questions."
    said = headline(entries, lines((), ((20, 3.0), (50, 1.5))), 2.0).replace("\u00a0", " ")
    assert said == "attack 1 leads with L2 1.5 after 100 questions, for $0.20."
    assert found.outcome is not None
    held = replace(found.outcome, verdict=Verdict.HELD)
    ended = [Entry("square", REQUEST, held), Entry("hopskipjump", REQUEST, found.outcome)]
    said = headline(ended, lines((), ((50, 1.5),)), 0).replace("\u00a0", " ")
    assert said == "attack 1 ends with L2 1.5 after 100 questions; attack 0 found nothing within ε = 2."
    assert headline(ended, lines((), ()), 0) == "Nobody got there with 100 questions."
    already = [Entry("square", REQUEST, replace(found.outcome, verdict=Verdict.ALREADY_WRONG))]
    assert headline(already, lines(()), 0) == already[0].sentence


def test_the_figure_is_readable() -> None:
    """Both axes logarithmic, a name at each line's end, no two of them on top of each other."""
    figure = drawn(lines(((10, 30.0), (90, 2.0)), ((30, 2.01),), ()), Course(Norm.L2, 0.5, 2000, 1.5), LIGHT)
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    names = [a for a in figure.layout.annotations if "attack" in a.text]
    low, high = figure.layout.yaxis.range
    assert [a.text.split("<b>")[1].split("</b>")[0] for a in names] == ["attack 0", "attack 1"]
    assert {a.font.color for a in names} == {LIGHT.text}, "a line's colour may be too faint for words"
    assert abs(names[0].y - names[1].y) >= 0.06 * (high - low)
    assert figure.data[0].x[-1] == 100, "a line goes on to the last question"
    assert "2,000<br>$3.00" in figure.layout.xaxis.ticktext
    assert [f"{at:g}" for at in figure.layout.yaxis.tickvals] == ["0.5", "1", "2", "5", "10", "20"]
    empty = drawn(lines((), ()), Course(Norm.LINF, 2 / 255, 100, 0.0), LIGHT)
    assert not empty.data
    assert money(12_345, 1.5) == "$18.52"


def test_a_link_says_it_all() -> None:
    params = races.query(REQUEST, 2.5)
    link = races.parse(params)
    assert not link.problems
    assert link.values["price"] == 2.5
    assert set(link.values["attacks"]) == {"square", "hopskipjump"}
    assert link.attack.values["service"] == Service(decimals=4)
    assert link.attack.values["max_queries"] == BUDGET
    odd = races.parse(params | {"b.view": "tv", "b.price": "-1", "b.pgd": "on", "service": "top:0"})
    assert len(odd.problems) + len(odd.attack.problems) == 4


def test_the_curves_as_a_file(found: Trail) -> None:
    rows = list(csv.DictReader(io.StringIO(trails.csv(REQUEST, {"hopskipjump": found, "square": Trail()}, 2.0))))
    assert len(rows) == len(found.points)
    assert rows[-1]["attack"] == "hopskipjump"
    assert int(rows[-1]["queries"]) == found.points[-1][0]
    assert float(rows[-1]["size"]) == pytest.approx(found.points[-1][1], rel=1e-5)
    assert float(rows[-1]["price"]) == pytest.approx(found.points[-1][0] * 2 / 1000, rel=1e-5)
