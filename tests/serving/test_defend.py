"""The table of defenses on one picture: what is in a row, what it says, and how it is stopped."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from advlab import defenses, models
from advlab.data.samples import sample
from advlab.errors import ParameterError
from advlab.serving.defend.matrix import fill, told
from advlab.serving.defend.request import DefendRequest
from advlab.serving.defend.row import Cell, Row, Standing, summary
from advlab.serving.outcome import Opinion

STOP = sample("stop").picture()


def asked(**changes):
    values = {"picture": "sample:stop", "model": "signs_standard", "eps": 8 / 255, "steps": 5, **changes}
    return DefendRequest.checked(**values)


def cell(*, reached=False, accepted=True):
    return Cell(np.zeros((2, 2, 3), np.uint8), Opinion((("Stop", 0.9),), 0), accepted, reached)


@pytest.fixture(scope="module")
def table():
    shown = []
    request = asked(
        defenses={"bit_depth": {"bits": 3}, "rounded_logits": {}, "feature_squeezing": {}, "gaussian": {"sigma": 19.0}},
        networks=("signs_trades",),
    )
    return fill(request, STOP, shown.append), shown


def test_each_cell_arrives_by_itself_and_the_first_row_first(table):
    found, shown = table
    assert [row.key for row in found.rows] == [
        "none", "network:signs_trades", "bit_depth", "rounded_logits", "feature_squeezing", "gaussian"
    ]  # fmt: skip
    filled = [sum(c is not None for row in one.rows for c in (row.clean, row.unaware, row.adaptive)) for one in shown]
    assert filled == sorted(filled)
    assert filled[:3] == [1, 2, 3]
    assert shown[2].rows[0].done
    assert shown[-1] == found


def test_what_a_cell_says_is_what_the_defended_model_says(table):
    """Recomputed from the pixels that are given out, by the deployed classifier; inside the budget."""
    found, _ = table
    base = models.load("signs_standard")
    clean = base.prepare(STOP)
    for row in found.rows[:4]:
        if row.key.startswith("network:"):
            deployed = models.load("signs_trades")
        elif row.key == "none":
            deployed = base
        else:
            deployed = defenses.registry.get(row.key).configured(found.request.defenses[row.key]).wrap(base)
        for one in (row.clean, row.unaware, row.adaptive):
            x = torch.from_numpy(one.pixels).permute(2, 0, 1).unsqueeze(0).float() / 255
            assert int(deployed(x).argmax()) == one.says.index
            assert one.reached == (one.says.label != "Stop")
            assert float((x - clean).abs().max()) <= 8 / 255 + 1e-6


def test_the_lesson(table):
    """The network alone falls, its robust twin does not; masking looks robust to the unaware and is not."""
    rows = {row.key: row for row in table[0].rows}
    assert rows["none"].standing is Standing.NEITHER
    assert rows["network:signs_trades"].standing is Standing.HELD
    assert rows["rounded_logits"].standing is Standing.UNAWARE
    assert table[0].truth == "Stop"


def test_a_defense_that_cannot_be_says_so_in_its_row(table):
    row = table[0].rows[-1]
    assert row.problem is not None
    assert "leaves nothing of 48 × 48" in row.problem
    assert row.done
    assert row.sentence == row.problem


def test_calibrating_needs_enough_pictures():
    """Nothing but six vehicles is drawn for CIFAR-10: a sentence in the row, not an error."""
    request = asked(picture="sample:automobile", model="cifar10_standard", defenses={"confidence": {}})
    found = fill(request, sample("automobile").picture())
    assert "at least 20 of them, and there are" in found.rows[1].problem


def test_digits_are_drawn_again_to_calibrate_on():
    request = asked(picture="sample:digit-7", model="mnist_standard", eps=0.3, defenses={"confidence": {}})
    found = fill(request, sample("digit-7").picture())
    assert found.rows[1].problem is None
    assert found.rows[1].done


def test_stopping_keeps_what_is_there():
    shown = []
    found = fill(asked(defenses={"jpeg": {}}), STOP, shown.append, lambda: len(shown) >= 2)
    assert found == shown[1]
    assert found.rows[0].unaware is not None
    assert found.rows[1].standing is Standing.OPEN
    assert fill(asked(), STOP, should_stop=lambda: True) is None


@pytest.mark.parametrize(
    ("clean", "unaware", "adaptive", "standing"),
    [
        (cell(), cell(reached=True), cell(reached=True), Standing.NEITHER),
        (cell(), cell(), cell(reached=True), Standing.UNAWARE),
        (cell(), cell(), cell(), Standing.HELD),
        (cell(), cell(reached=True), cell(), Standing.NEITHER),
        (cell(reached=True), cell(reached=True), cell(reached=True), Standing.WRONG),
        (cell(accepted=False), cell(), cell(), Standing.SILENT),
        (cell(), cell(), None, Standing.OPEN),
    ],
)
def test_what_a_row_comes_to(clean, unaware, adaptive, standing):
    row = Row("jpeg", "JPEG", clean=clean, unaware=unaware, adaptive=adaptive)
    assert row.standing is standing
    assert row.sentence.endswith(".")


def test_the_sentence_under_the_table_counts():
    none = Row("none", "No defense", clean=cell(), unaware=cell(reached=True), adaptive=cell(reached=True))
    useless = replace(none, key="mean", title="Mean")
    masked = replace(useless, key="jpeg", unaware=cell())
    held = replace(masked, key="trades", adaptive=cell())
    assert summary((replace(none, adaptive=None),)) == "Nothing is decided yet."
    assert summary((none,)) == "Without a defense it falls."
    assert summary((none, useless)) == (
        "Of 1 defense, none stops an attack that does not know it, and none stops one that does."
    )
    assert summary((none, useless, masked, held)) == (
        "Of 3 defenses, 2 stop an attack that does not know them, and 1 stops one that does."
    )
    assert told(cell(accepted=False)) == "rejected"


@pytest.mark.parametrize(("name", "value"), [("eps", 0), ("steps", 0), ("norm", "l7"), ("colour", "red")])
def test_an_impossible_request_is_a_sentence(name, value):
    with pytest.raises(ParameterError, match=f"{name} = .* is impossible"):
        asked(**{name: value})
