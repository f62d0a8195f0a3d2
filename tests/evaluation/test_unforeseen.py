"""The table of threats: each line is what its own evaluation counts."""

import pytest
import torch

from advlab.core.corruptions import KINDS, corrupted
from advlab.core.intervals import wilson
from advlab.core.norms import Norm
from advlab.core.poses import Poses
from advlab.errors import ParameterError
from advlab.evaluation.corrupted import corruption_accuracy
from advlab.evaluation.robustness import robust_accuracy
from advlab.evaluation.running import Running
from advlab.evaluation.spatial import spatial_accuracy
from advlab.evaluation.unforeseen import THREATS, Line, Radii, unforeseen
from advlab.models.shipped import Count
from tests import networks
from tests.evaluation.sets import answered

SIZE = (3, 8, 8)
RADII = Radii(linf=0.03, l2=0.4, l1=1.0)
OPTIONS = {"steps": 4, "restarts": 2, "poses": Poses(angles=3, shifts=1), "severities": (1, 4), "seed": 5}


@pytest.fixture
def classifier():
    return networks.wrap(networks.conv(SIZE, classes=3), 3, SIZE)


def test_each_line_is_the_count_of_its_evaluation(classifier):
    data = answered(classifier, 24, wrong=(2, 7), size=SIZE)
    lines = {line.threat: line for line in unforeseen(classifier, data, RADII, **OPTIONS)}
    assert tuple(lines) == THREATS
    assert lines["clean"].count == Count(correct=22, of=24)
    for norm, eps in ((Norm.LINF, 0.03), (Norm.L2, 0.4), (Norm.L1, 1.0)):
        found = robust_accuracy(classifier, data, norm=norm, eps=eps, steps=4, restarts=2, seed=5)
        assert lines[norm].count == found.robust
        assert 0 < found.robust.correct < 22
    assert lines["spatial"].count == spatial_accuracy(classifier, data, OPTIONS["poses"]).robust
    kinds = corruption_accuracy(classifier, data, (1, 4), 5).kinds
    assert lines["corruptions"].kinds == kinds
    assert lines["corruptions"].count.of == 24 * 2 * len(KINDS)
    assert lines["corruptions"].count.correct == sum(count.correct for count in kinds.values())
    assert all(line.complete and line.pictures == 24 for line in lines.values())
    assert lines["linf"].details == "ε = 0.03, PGD-4, worst of 2 restarts"


def test_corruptions_are_counted_one_by_one(classifier):
    data = answered(classifier, 20, wrong=(3,), size=SIZE)
    found = corruption_accuracy(classifier, data, (2, 5), 1, Running(batch=6))
    assert (found.pictures, found.complete) == (20, True)
    for kind, count in found.kinds.items():
        right = [classifier(corrupted(data.floats(slice(None)), kind, at, 1)).argmax(1) == data.labels for at in (2, 5)]
        assert count == Count(correct=int(torch.stack(right).sum()), of=40)
    assert len({count.correct for count in found.kinds.values()}) > 2


def test_an_interval_is_over_pictures_not_over_their_variants():
    line = Line("corruptions", "", Count(correct=1800, of=2000), 40)
    assert line.share == 0.9
    assert line.interval == wilson(36, 40)
    assert Line("clean", "", Count(correct=36, of=40), 40).interval == wilson(36, 40)


def test_usual_radii():
    assert Radii.usual((1, 28, 28)) == Radii(0.3, 2.0, 10.0)
    assert Radii.usual((3, 32, 32)) == Radii.usual((3, 48, 48)) == Radii(8 / 255, 0.5, 12.0)
    assert Radii.usual((3, 224, 224)) == Radii(4 / 255, 3.0, 60.0)


def test_progress_goes_over_all_of_it_and_the_journals_are_of_each_norm(classifier, tmp_path):
    data, told = answered(classifier, 8, size=SIZE), []
    running = Running(tmp_path / "net.jsonl", batch=3, progress=told.append)
    first = tuple(unforeseen(classifier, data, RADII, running=running, **OPTIONS))
    assert told == sorted(told)
    assert told[-1] == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["net.l1.jsonl", "net.l2.jsonl", "net.linf.jsonl"]
    spy = networks.Spy(classifier.module)
    again = networks.wrap(spy, 3, SIZE)
    again.__dict__["digest"] = classifier.digest
    assert tuple(unforeseen(again, data, RADII, running=running, **OPTIONS)) == first
    assert spy.backward_images == 0


@pytest.mark.parametrize("after", [0, 3, 40, 80])
def test_stop_is_heard_and_what_was_done_counts(classifier, after):
    data, asked = answered(classifier, 12, size=SIZE), []
    running = Running(batch=4, should_stop=lambda: asked.append(0) or len(asked) > after)
    found = tuple(unforeseen(classifier, data, RADII, running=running, **OPTIONS))
    whole = tuple(unforeseen(classifier, data, RADII, running=Running(batch=4), **OPTIONS))
    assert [line.threat for line in found] == list(THREATS[: len(found)])
    assert len(found) < len(whole) or not found[-1].complete
    assert all(line == other for line, other in zip(found[:-1], whole, strict=False))
    assert all(line.pictures % 4 == 0 for line in found)


def test_blind_attacks_are_told(classifier):
    blind = networks.wrap(networks.Constant([2.0, 1.0, 0.0]), 3, SIZE)
    lines = unforeseen(blind, answered(blind, 4, size=SIZE), RADII, **OPTIONS)
    assert [line.masked for line in lines] == [0, 4, 4, 4, 0, 0]


def test_impossible_settings_are_sentences(classifier):
    data = answered(classifier, 2, size=SIZE)
    for wrong in ({"severities": ()}, {"severities": (7,)}):
        with pytest.raises(ParameterError):
            corruption_accuracy(classifier, data, **wrong)
    with pytest.raises(ParameterError, match="restarts"):
        tuple(unforeseen(classifier, data, RADII, restarts=0))
