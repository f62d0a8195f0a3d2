from dataclasses import replace

import pytest

from advlab.core.norms import Norm
from advlab.data.sets import ImageSet
from advlab.evaluation import recount
from advlab.evaluation.cascade import Broken
from advlab.evaluation.recount import Recounter, agrees
from advlab.evaluation.robustness import clean_accuracy, robust_accuracy
from advlab.evaluation.running import Running
from advlab.evaluation.testset import choose
from advlab.models.shipped import AutoAttack, Certified, Count, Pgd
from tests import networks
from tests.evaluation.sets import SIZE, answered


@pytest.fixture
def recounter():
    classifier = networks.wrap(networks.conv(SIZE, classes=3), 3, SIZE, name="small")
    test = answered(classifier, 60, wrong=(0, 7))
    # Shuffled, or the count would be on a drawn part.
    data = ImageSet(test.images, test.labels, classifier.labels)
    return Recounter(classifier, data, Norm.LINF, 0.02)


def test_clean(recounter):
    found = recounter.again(Count(correct=3, of=50))
    assert (found.count.correct, found.count.of) == (48, 50)
    assert found.complete
    assert "first 50 of 60" in found.rule


def test_pgd_with_its_settings(recounter, tmp_path):
    found = replace(recounter, keep=tmp_path).again(Pgd(correct=0, of=30, steps=3, restarts=2))
    plain = robust_accuracy(
        recounter.classifier, choose(recounter.data, 30), norm="linf", eps=0.02, steps=3, restarts=2
    )
    assert found.count == Pgd(correct=plain.robust.correct, of=30, steps=3, restarts=2)
    assert 0 < found.count.correct < 30
    assert found.remarks == ()
    assert [file.name for file in tmp_path.iterdir()] == ["small.pgd.jsonl"]


def test_certified_with_its_settings(recounter):
    claimed = Certified(correct=0, of=5, radius=0.05, sigma=0.25, draws=300, alpha=0.01)
    found = recounter.again(claimed)
    assert found.count == replace_count(claimed, found.count.correct)
    assert "float32" in found.remarks[0]


def replace_count(count, correct):
    return count.model_copy(update={"correct": correct})


def test_autoattack_only_where_it_is(recounter, monkeypatch, tmp_path):
    claimed = AutoAttack(correct=1, of=10, version="official")
    assert recounter.again(claimed) is None

    class Fake:
        stages, version, norm, eps, seed = ("only",), "fake", Norm.LINF, 0.02, 0

        def __init__(self, checkout, classifier, *, norm, eps):
            assert (checkout, norm, eps) == (tmp_path, Norm.LINF, 0.02)
            self.classifier = classifier

        def run(self, stage, images, labels):
            everything = labels >= 0
            return Broken(everything, everything)

    monkeypatch.setattr(recount, "Official", Fake)
    found = replace(recounter, official=tmp_path).again(claimed)
    assert found.count == AutoAttack(correct=0, of=10, version="fake")
    assert found.remarks == ("Right after clean 8, only 0.",)


def test_what_pgd_cannot_see_is_said(recounter):
    classifier = networks.wrap(networks.Constant([2.0, 1.0, 0.0]), 3, SIZE)
    data = answered(classifier, 6)
    blind = Recounter(classifier, ImageSet(data.images, data.labels, classifier.labels), Norm.LINF, 0.02)
    found = blind.again(Pgd(correct=0, of=6, steps=2, restarts=2))
    assert found.count.correct == 6
    assert "blind" in found.remarks[0]


def test_a_stop_is_not_complete(recounter):
    stopping = replace(recounter, running=Running(batch=10, should_stop=lambda: True))
    found = stopping.again(Count(correct=0, of=50))
    assert not found.complete
    assert found.count == clean_accuracy(
        recounter.classifier, choose(recounter.data, 50), Running(batch=10, should_stop=lambda: True)
    )


@pytest.mark.parametrize(
    ("claimed", "found", "expected"),
    [
        ((730, 1000), (730, 1000), True),
        ((730, 1000), (712, 1000), True),
        ((730, 1000), (690, 1000), False),
        ((690, 1000), (730, 1000), False),
        ((0, 500), (0, 500), True),
        ((500, 500), (500, 500), True),
        ((0, 1000), (3, 1000), True),
        ((1, 1000), (0, 1000), True),
        ((0, 1000), (8, 1000), False),
        ((8, 1000), (0, 1000), False),
        ((730, 1000), (37, 50), True),  # fewer pictures: a wider interval
        ((730, 1000), (20, 50), False),
    ],
)
def test_agreement(claimed, found, expected):
    one, other = (Count(correct=correct, of=of) for correct, of in (claimed, found))
    assert agrees(one, other) is expected
