"""The transfer matrix: who fools whom, on which pictures, and what is said of it."""

import io

import numpy as np
import pandas as pd
import pytest
import torch

import advlab
from advlab.core.ensemble import ensemble
from advlab.data.samples import sample
from advlab.serving.blackbox.matrix import TOGETHER, Cell, Transfer
from advlab.serving.blackbox.request import TransferRequest
from advlab.serving.blackbox.transfer import transfer
from advlab.serving.defend import sets
from advlab.serving.exports import transfers as files
from advlab.serving.exports.params import Params
from advlab.serving.figures import transfers as figures
from advlab.serving.figures.colours import DARK, LIGHT

NAMES = ("mnist_standard", "mnist_pgd", "mnist_distilled")


def asked(**changes):
    values = {"picture": sets.DRAWINGS, "model": NAMES[0], "networks": NAMES[1:], "eps": 0.2, "count": 4,
              "parameters": {"steps": 2}}  # fmt: skip
    return TransferRequest.checked(**values | changes)


def cell(won, of, count=100):
    counted, fooled = np.arange(count) < of, np.arange(count) < won
    return Cell(counted, np.zeros(count, int), fooled, np.zeros((2, 28, 28, 1), np.uint8))


def counted(shares, **changes):
    """A matrix of these won out of 100, a row for each network and one for all the others."""
    request = asked(**changes)
    found = Transfer(request, "100 drawings", tuple("0123456789"), np.zeros((2, 28, 28, 1), np.uint8), 100, known=True)
    cells = {
        (row, name): cell(won, 100)
        for row, line in zip(found.rows, shares, strict=True)
        for name, won in zip(request.names, line, strict=True)
    }
    return Transfer(request, found.rule, found.labels, found.clean, 100, True, cells, done=1.0)


@pytest.fixture(scope="module")
def found():
    drafts = []
    return transfer(asked(), None, None, drafts.append), drafts


def test_each_cell_is_an_attack_on_the_row_judged_by_the_column(found):
    whole, _ = found
    assert whole.complete
    assert whole.rows == (*NAMES, TOGETHER)
    networks = {name: advlab.load(name, "cpu") for name in NAMES}
    data, _ = sets.chosen(networks[NAMES[0]], 4, None)
    x, labels = data.floats(slice(None)), data.labels
    sources = dict(networks)
    for (row, name), one in whole.cells.items():
        source = sources[row] if row != TOGETHER else ensemble([networks[other] for other in NAMES if other != name])
        made = advlab.attack(source, x, "mi_fgsm", eps=0.2, steps=2, labels=labels, early_stop=False)
        shown = torch.from_numpy(one.pixels).permute(0, 3, 1, 2) / 255
        assert float((shown - x).abs().max()) <= 0.2 * (1 + 1e-5)
        assert float((shown - made.adversarial).abs().max()) <= 1 / 255
        right = (source(x).argmax(1) == labels) & (networks[name](x).argmax(1) == labels)
        answers = networks[name](shown).argmax(1)
        assert one.counted.tolist() == right.tolist()
        assert one.answers.tolist() == answers.tolist()
        assert one.fooled.tolist() == (right & (answers != labels)).tolist()


def test_it_is_shown_row_by_row_and_stop_keeps_what_is_there(found):
    whole, drafts = found
    rows = {tuple(sorted({row for row, _ in draft.cells})) for draft in drafts}
    assert len(rows) == 5  # from none to all four
    first = next(draft for draft in drafts if draft.cells)
    stop = []
    kept = transfer(asked(), None, None, lambda draft: stop.append(1) if draft.cells else None, lambda: bool(stop))
    assert kept.cells.keys() == first.cells.keys() == {(NAMES[0], name) for name in NAMES}
    assert not kept.complete
    assert transfer(asked(), None, None, should_stop=lambda: True) is None
    assert [draft.done for draft in drafts] == sorted(draft.done for draft in drafts)
    assert whole.done == 1


def test_of_one_picture_networks_count_that_agree():
    photo = sample("digit-7").picture()
    one = transfer(asked(alone=True, picture="sample:digit-7", networks=NAMES[1:2]), photo, None)
    assert (one.total, one.known, one.rows) == (1, False, NAMES[:2])
    assert {found.of for found in one.cells.values()} <= {0, 1}
    assert one.sentence.startswith("The picture made on Digits · standard")


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (((99, 4, 30), (0, 9, 9), (9, 9, 9), (50, 40, 40)),
         "A picture made on Digits · standard fools the other two networks in 17% of cases; Digits · PGD-trained "
         "holds. Made on all the others together it fools more: 40%."),
        (((99, 2, 4), (0, 9, 9), (9, 9, 9), (9, 3, 3)),
         "A picture made on Digits · standard fools the other two networks in 3% of cases: all of them hold."),
        (((99, 20, 60), (0, 9, 9), (9, 9, 9), (9, 20, 40)),
         "A picture made on Digits · standard fools the other two networks in 40% of cases, Digits · distilled in 60%. "
         "Made on all the others together it fools less: 30%."),
    ],
)  # fmt: skip
def test_it_comes_to_a_sentence(shares, said):
    assert counted(shares).sentence == said


def test_the_figure_and_the_file_say_the_same():
    whole = counted(((99, 4, 30), (0, 9, 9), (9, 9, 9), (50, 40, 40)))
    for theme in (LIGHT, DARK):
        words = figures.matrix(whole, theme, (NAMES[0], NAMES[1])).data[-1]
        assert words.text[1] == "<b>4%</b><br>4 of 100"
    lines = pd.read_csv(io.StringIO(files.csv(whole)))
    assert len(lines) == 12
    assert lines.fooled.sum() == sum(map(sum, ((99, 4, 30), (0, 9, 9), (9, 9, 9), (50, 40, 40))))
    assert lines[lines.white_box].made_on.tolist() == list(NAMES)
    assert lines.made_on.tolist()[-1] == "mnist_standard+mnist_pgd"


def test_a_link_says_all_of_it():
    request = asked(eps=7 / 255, seed=3, alone=True, count=9, attack="ti_fgsm", parameters={"steps": 7})
    reading = Params(files.query(request))
    files.take(reading)
    assert not reading.sentences()
    assert not reading.left
    again = TransferRequest.checked(picture=request.picture, model=request.model, **reading.values)
    assert again.parameters.pop("steps") == 7
    assert again.model_dump(exclude={"parameters"}) == request.model_dump(exclude={"parameters"})
    strange = Params({"by": "cw", "norm": "l9", "eps": "-1", "count": "x", "networks": "none"})
    files.take(strange)
    assert len(strange.sentences()) == 4
