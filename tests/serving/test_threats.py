"""Networks against other threats on the page: what the table says in a sentence, in colours and in a file."""

import io

import numpy as np
import pandas as pd
import pytest

from advlab.core.corruptions import KINDS
from advlab.evaluation.unforeseen import THREATS, Line
from advlab.models.shipped import Count
from advlab.serving.defend import sets
from advlab.serving.defend.request import ThreatsRequest
from advlab.serving.defend.threats import Threats, compare
from advlab.serving.exports import threats as files
from advlab.serving.figures import threats as figures
from advlab.serving.figures.colours import DARK, LIGHT
from tests.evaluation.sets import answered
from tests.networks import conv, wrap

SIZE = (1, 4, 4)


def asked(**changes):
    values = {"picture": sets.DRAWINGS, "model": "mnist_standard", "linf": 0.3, "l2": 2.0, "l1": 10.0, "steps": 2,
              "count": 3, **changes}  # fmt: skip
    return ThreatsRequest.checked(**values)


def counted(*networks, of=100):
    """A table of these rights, a row a network, in the order of the threats."""
    names = ("mnist_standard", "mnist_pgd")[: len(networks)]
    lines = {
        name: tuple(
            Line(threat, "", Count(correct=right, of=of), of) for threat, right in zip(THREATS, row, strict=True)
        )
        for name, row in zip(names, networks, strict=True)
    }
    classifier = wrap(conv(SIZE, classes=2), 2, SIZE)
    return Threats(asked(networks=names[1:]), answered(classifier, 4, size=SIZE), lines, 1.0)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (([99, 60, 50, 10, 30, 90], [97, 92, 90, 40, 1, 96]),
         "PGD-trained is right on 92% under L∞, but on 1% turned and moved: a defense against one threat says little"),
        (([99, 80, 95, 78, 77, 70],), "standard is right on 95% under L2, but on 70% corrupted: a defense"),
        (([99, 80, 82, 78, 79, 99],), "82% under L2 and on 78% under L1: 4 pictures do not tell these apart"),
        (([99, 0, 20, 10, 30, 90],), "Digits · standard is right on no more than 30% under any of these attacks."),
        (([99, 0, 20, 10, 30, 90], [99, 1, 20, 10, 31, 90]), "The surest of 2 networks is right on no more than 31%"),
    ],
)  # fmt: skip
def test_the_sentence_is_of_the_surest_network(rows, said):
    assert said in counted(*rows).sentence


def test_it_is_counted_shown_and_taken_along():
    shown = []
    found = compare(asked(networks=("mnist_pgd",)), None, shown.append)
    assert found.complete
    done = [one.done for one in shown]
    assert done == sorted(done)
    assert done[-1] == 1
    assert shown[0].now == "Digits · standard"
    assert shown[-1].now == "Digits · PGD-trained"
    for theme in (LIGHT, DARK):
        _, cells = figures.cells(found, theme).data
        assert np.array(cells.z).shape == (2, len(THREATS))
        assert cells.z[1][0] == 100 * found.line("mnist_pgd", "clean").share
    table = pd.read_csv(io.StringIO(files.csv(found.lines)))
    assert len(table) == 2 * (len(THREATS) + len(KINDS))
    assert table.query("threat == 'linf'")["settings"].tolist() == ["ε = 0.3, PGD-2, one start"] * 2


def test_stopped_it_keeps_what_is_there():
    shown = []
    found = compare(asked(), None, shown.append, lambda: any(one.line("mnist_standard", "linf") for one in shown))
    assert [line.threat for line in found.lines["mnist_standard"]] == ["clean", "linf"]
    assert not found.complete
    assert np.isnan(np.array(figures.cells(found, LIGHT).data[1].z, float)).sum() == 4
    assert found.sentence.startswith("Nothing is decided yet"), (
        "0% in L∞ says nothing of the attacks that were not tried"
    )
