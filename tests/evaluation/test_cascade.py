from types import SimpleNamespace

import pytest
import torch

from advlab.errors import InputError
from advlab.evaluation.cascade import Broken, cascade
from advlab.evaluation.running import Running
from tests import networks
from tests.evaluation.sets import SIZE, answered


class Scripted:
    """Stages that break the pictures they are told to, and remember what they were asked."""

    stages = ("first", "second", "third")
    version, seed, eps, norm = "scripted", 0, 0.1, SimpleNamespace(value="linf")

    def __init__(self, classifier, data, breaks, unsound=()):
        self.classifier, self.data, self.breaks, self.unsound = classifier, data, breaks, unsound
        self.asked = []

    def run(self, stage, images, labels):
        pixels = (images * 255).round().to(torch.uint8)
        places = [int((self.data.images == image).flatten(1).all(1).nonzero()[0]) for image in pixels]
        assert labels.tolist() == self.data.labels[places].tolist()
        self.asked.append((stage, places))
        broken = torch.tensor([place in self.breaks[stage] for place in places])
        sound = torch.tensor([place not in self.unsound for place in places])
        return Broken(broken, sound, (f"warning of {stage}",))


@pytest.fixture
def classifier():
    return networks.wrap(networks.conv(SIZE, classes=3), 3, SIZE)


BREAKS = {"first": {0, 4, 5}, "second": {1, 9}, "third": {4, 8}}


def test_each_stage_sees_what_the_ones_before_it_left(classifier):
    data = answered(classifier, 10, wrong=(2, 4))
    stages = Scripted(classifier, data, BREAKS, unsound=(3, 9))
    found = cascade(stages, data, Running(batch=3))
    assert found.survivors == {
        "clean": (0, 1, 3, 5, 6, 7, 8, 9),
        "first": (1, 3, 6, 7, 8, 9),
        "second": (3, 6, 7, 8),
        "third": (3, 6, 7),
    }
    assert stages.asked == [
        ("first", [0, 1, 3]),
        ("first", [5, 6, 7]),
        ("first", [8, 9]),
        ("second", [1, 3, 6]),
        ("second", [7, 8, 9]),
        ("third", [3, 6, 7]),
        ("third", [8]),
    ]
    assert [count.correct for count in found.counts.values()] == [8, 6, 4, 3]
    assert (found.robust.correct, found.robust.of, found.robust.version) == (3, 10, "scripted")
    assert found.unsound == (9,)  # 3 was not broken: whatever it gave back, nothing is claimed
    assert found.warnings == tuple(f"warning of {stage}" for stage in Scripted.stages)
    assert found.complete


@pytest.mark.parametrize("after", range(1, 10))
def test_stopped_anywhere_it_goes_on_and_asks_nothing_twice(classifier, tmp_path, after):
    data = answered(classifier, 10, wrong=(2, 4))
    whole = Scripted(classifier, data, BREAKS)
    expected = cascade(whole, data, Running(batch=3))
    file, heard = tmp_path / "cascade.jsonl", []
    before = Scripted(classifier, data, BREAKS)
    stopped = cascade(before, data, Running(file, batch=3, should_stop=lambda: heard.append(0) or len(heard) > after))
    assert not stopped.complete
    rest = Scripted(classifier, data, BREAKS)
    assert cascade(rest, data, Running(file, batch=3)) == expected
    assert before.asked + rest.asked == whole.asked


def test_when_nothing_is_left_no_stage_is_asked(classifier):
    data = answered(classifier, 4, wrong=range(4))
    stages = Scripted(classifier, data, BREAKS)
    found = cascade(stages, data)
    assert stages.asked == []
    assert found.robust.correct == 0
    assert found.complete


def test_no_answer_is_not_right():
    classifier = networks.wrap(networks.Constant([torch.nan, torch.nan]), 2, SIZE)
    data = answered(classifier, 4)
    assert cascade(Scripted(classifier, data, BREAKS), data).counts["clean"].correct == 0


def test_other_batches_are_another_run(classifier, tmp_path):
    data, file = answered(classifier, 6), tmp_path / "cascade.jsonl"
    cascade(Scripted(classifier, data, BREAKS), data, Running(file, batch=3))
    with pytest.raises(InputError, match="batch"):
        cascade(Scripted(classifier, data, BREAKS), data, Running(file, batch=4))
