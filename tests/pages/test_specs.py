"""Charts are valid Vega-Lite, judged by Altair's schema; they say what the result says and are made once."""

from typing import Any

import altair as alt
import pyarrow as pa
import pytest

from advlab.analysis.survival import Survival
from advlab.core.norms import Norm
from advlab.serving.compare.reach import Reach
from advlab.serving.outcome import Curve, Opinion
from advlab.ui import specs
from advlab.ui.compare import gauges
from advlab.ui.compare.gauges import Gauge

COLORS = (
    ("text", "#123456"),
    ("quiet", "#123456"),
    ("clean", "#0000FF"),
    ("adversarial", "#FF0000"),
    ("target", "#FF00FF"),
    ("other", "#888888"),
)
BEFORE = Opinion((("espresso", 0.95), ("cup", 0.03), ("eggnog", 0.0001)), 967)
AFTER = Opinion((("loupe", 0.99), ("espresso", 0.003), ("cup", 0.001)), 633)
CURVE = Curve((0.9, 0.5, 0.2), (0.1, 0.4, 0.8), (1, 2, 3))


def treatment(name: str, *, survives: bool, fair: bool = True, index: int = 633) -> Survival:
    said = {"label": "loupe", "index": index, "confidence": 0.5, "own": 0.1}
    control = {"clean_label": "espresso", "clean_index": 967, "clean_holds": fair, "fair": fair}
    return Survival(name=name, group="g", words="w", detail="d.", survives=survives, margin=1.0, **said, **control)


TREATMENTS = (
    treatment("PNG", survives=True),
    treatment("JPEG", survives=False, index=967),
    treatment("Blur", survives=True, fair=False),
)
GAUGES = (
    Gauge("PGD", Reach(Norm.LINF, 3 / 255, 2.9 / 255, 6, 90, 80, 1.0, already=False, stopped=False)),
    Gauge("C&W", Reach(Norm.LINF, float("inf"), 0.0, 1, 90, 80, 1.0, already=False, stopped=False)),
    Gauge("Square", None),
)
SPECS = {
    "gauges": lambda: gauges.spec(GAUGES, Norm.LINF, 8 / 255, COLORS),
    "before": lambda: specs.opinion(BEFORE, None, None, COLORS),
    "after": lambda: specs.opinion(AFTER, "espresso", "cup", COLORS),
    "survival": lambda: specs.survival(TREATMENTS, 967, "adversarial", COLORS),
    "confidence": lambda: specs.confidence(CURVE, "espresso", False, COLORS),
    "loss": lambda: specs.loss(CURVE, "espresso", True, COLORS),
}


def rows(spec: specs.Spec) -> list[dict[str, Any]]:
    return pa.ipc.open_stream(spec["datasets"]["rows"]).read_all().to_pylist()


@pytest.mark.parametrize("name", SPECS)
def test_it_is_valid_vega_lite(name: str) -> None:
    spec = SPECS[name]()
    plain = {**spec, "datasets": {"rows": rows(spec)}}
    kind = alt.LayerChart if "layer" in spec else alt.Chart
    assert kind.from_dict(plain).to_dict()["height"] == spec["height"]


@pytest.mark.parametrize("name", SPECS)
def test_it_is_made_once(name: str) -> None:
    assert SPECS[name]() is SPECS[name]()


def test_colours_have_their_meaning() -> None:
    assert [row["color"] for row in rows(SPECS["before"]())] == ["#0000FF", "#888888", "#888888"]
    assert [row["color"] for row in rows(SPECS["after"]())] == ["#FF0000", "#0000FF", "#FF00FF"]
    assert [row["color"] for row in rows(SPECS["survival"]())] == ["#FF0000", "#0000FF", "#888888"]


def test_a_target_that_is_missed_is_not_a_right_answer() -> None:
    missed = (treatment("PNG", survives=True), treatment("JPEG", survives=False, index=5))
    drawn = rows(specs.survival(missed, 967, "target", COLORS))
    assert [row["color"] for row in drawn] == ["#FF00FF", "#FF0000"]
    assert [row["text"][0] for row in drawn] == ["◎", "≠"]


def test_lines_have_every_step() -> None:
    assert [row["step"] for row in rows(SPECS["confidence"]())] == [1, 2, 3, 1, 2, 3]
    assert [row["share"] for row in rows(SPECS["confidence"]())] == [*CURVE.own, *CURVE.rival]
    assert [round(row["loss"], 3) for row in rows(SPECS["loss"]())] == [0.105, 0.693, 1.609]


def test_a_gauge_goes_from_what_held_to_what_succeeds() -> None:
    spec = SPECS["gauges"]()
    parts = {(row["name"], row["role"]): row for row in rows(spec)}
    assert parts["PGD", "clean"]["end"] == pytest.approx(2.9)
    assert parts["PGD", "adversarial"]["begin"] == pytest.approx(3)
    assert parts["PGD", "text"]["said"] == "3/255"
    assert [role for name, role in parts if name == "C&W"] == ["other", "text"], "nothing is known of it"
    assert parts["C&W", "text"]["said"] == "not found"
    assert all(row["begin"] < row["end"] for row in parts.values() if row["role"] != "text")
