import json
from dataclasses import replace

import pytest
import torch

from advlab import attack
from advlab.attacks.pgd import PGD
from advlab.errors import InputError, ParameterError
from advlab.evaluation.robustness import clean_accuracy, robust_accuracy
from advlab.evaluation.running import Running
from advlab.evaluation.worst_case import is_sound
from tests import networks
from tests.evaluation.sets import SIZE, answered

OPTIONS = {"norm": "linf", "eps": 0.05, "steps": 4, "restarts": 3, "seed": 7}


@pytest.fixture
def classifier():
    return networks.wrap(networks.conv(SIZE, classes=3), 3, SIZE)


def linear_truth(classifier, data, eps):
    """Which pictures no perturbation of this L∞ size can change, by the closed form on a linear network with a box."""
    weight, bias = classifier.module.weight.double(), classifier.module.bias.double()
    x = data.floats(slice(None)).double().flatten(1)
    robust = []
    for image, label in zip(x, data.labels.tolist(), strict=True):
        low, high = (image - eps).clamp(0, 1), (image + eps).clamp(0, 1)
        safe = True
        for other in set(range(len(bias))) - {label}:
            w = weight[other] - weight[label]
            worst = torch.where(w > 0, high, low)
            safe &= bool(w @ worst + bias[other] - bias[label] <= 0)
        robust.append(safe)
    return robust


def test_on_a_linear_network_the_count_is_the_closed_form():
    classifier = networks.linear(SIZE, classes=2)
    data = answered(classifier, 40, wrong=(3, 11))
    for eps in (0.0, 0.01, 0.05, 0.1, 0.2):
        found = robust_accuracy(classifier, data, norm="linf", eps=eps, steps=20, restarts=2)
        truth = linear_truth(classifier, data, eps)
        assert [verdict.robust for verdict in found.verdicts] == truth
        assert found.robust.correct == sum(truth)
        assert found.clean.correct == 38
        assert found.complete
        assert found.invalid == 0


def test_every_verdict_is_what_the_plain_loop_says(classifier):
    data = answered(classifier, 20, wrong=(0, 9))
    found = robust_accuracy(classifier, data, **OPTIONS, running=Running(batch=7))
    for row, verdict in enumerate(found.verdicts):
        x, y = data.floats(slice(row, row + 1)), data.labels[row : row + 1]
        fooled = -1
        if verdict.correct:
            for restart in range(3):
                alone = attack(classifier, x, "pgd", norm="linf", eps=0.05, steps=4, labels=y, seed=7 + restart)
                if bool(alone.success):
                    fooled = restart
                    break
        assert verdict.restart == fooled
        assert verdict.row == row
        assert verdict.label == int(y)
        assert verdict.answer == int(classifier(x).argmax())
    assert {v.row for v in found.verdicts if not v.correct} == {0, 9}
    # The case is worth nothing unless all kinds are there.
    assert {v.restart for v in found.verdicts if v.correct} >= {-1, 0}


def test_later_restarts_find_what_the_first_did_not_and_attack_survivors_only(classifier):
    data = answered(classifier, 200, wrong=(0,))
    weak = {**OPTIONS, "steps": 1, "step_size": 0.01}  # where it starts decides
    first = robust_accuracy(classifier, data, **{**weak, "restarts": 1})
    all_three = robust_accuracy(classifier, data, **weak)
    assert all_three.robust.correct < first.robust.correct
    for one, three in zip(first.verdicts, all_three.verdicts, strict=True):
        if not one.correct:
            assert three.queries == one.queries == 0
        elif one.restart == 0:
            assert three == one
        else:
            assert three.queries > one.queries
            assert three.restart != 0


def test_a_wrong_picture_costs_nothing(classifier):
    data = answered(classifier, 6, wrong=range(6))
    found = robust_accuracy(classifier, data, **OPTIONS)
    assert found.clean.correct == found.robust.correct == 0
    assert all(verdict.queries == 0 and verdict.restart == -1 for verdict in found.verdicts)


def test_the_batch_changes_nothing(classifier):
    data = answered(classifier, 20)
    whole = robust_accuracy(classifier, data, **OPTIONS, running=Running(batch=20))
    parts = robust_accuracy(classifier, data, **OPTIONS, running=Running(batch=3))
    assert whole == parts


class Killed(BaseException):
    """As a kill, nothing catches it."""


def test_a_run_that_was_killed_goes_on_to_the_same_verdicts(classifier, tmp_path):
    data = answered(classifier, 20)
    whole = robust_accuracy(classifier, data, **OPTIONS)
    file = tmp_path / "verdicts.jsonl"

    def kill(fraction):
        if fraction > 0.55:
            raise Killed

    with pytest.raises(Killed):
        robust_accuracy(classifier, data, **OPTIONS, running=Running(file, batch=4, progress=kill))
    kept = file.read_text().splitlines()
    assert 4 < len(kept) < 20
    file.write_text("\n".join(kept)[:-5])  # in the middle of a line
    told = []
    again = robust_accuracy(classifier, data, **OPTIONS, running=Running(file, batch=4, progress=told.append))
    assert again == whole
    assert told == sorted(told)
    assert told[-1] == 1
    rows = {json.loads(line)["row"] for line in file.read_text().splitlines()[1:]}
    assert rows == set(range(20))


def test_what_is_known_is_not_computed_again(classifier, tmp_path):
    data, file = answered(classifier, 12), tmp_path / "verdicts.jsonl"
    first = robust_accuracy(classifier, data, **OPTIONS, running=Running(file))
    spy = networks.Spy(classifier.module)
    watched = networks.wrap(spy, 3, SIZE)
    watched.__dict__["digest"] = classifier.digest
    assert robust_accuracy(watched, data, **OPTIONS, running=Running(file)) == first
    assert spy.forward_images == 0


@pytest.mark.parametrize("change", [{"eps": 0.06}, {"steps": 5}, {"seed": 8}, {"restarts": 2}])
def test_a_journal_of_other_settings_is_refused(classifier, tmp_path, change):
    data, file = answered(classifier, 4), tmp_path / "verdicts.jsonl"
    robust_accuracy(classifier, data, **OPTIONS, running=Running(file))
    with pytest.raises(InputError, match="another run"):
        robust_accuracy(classifier, data, **{**OPTIONS, **change}, running=Running(file))
    other = networks.wrap(networks.conv(SIZE, classes=3, seed=1), 3, SIZE)
    with pytest.raises(InputError, match="model"):
        robust_accuracy(other, data, **OPTIONS, running=Running(file))


def test_stop_is_heard_and_what_was_done_counts(classifier, tmp_path):
    data, file = answered(classifier, 20), tmp_path / "verdicts.jsonl"
    asked = []

    def stop():
        asked.append(0)
        return len(asked) > 20

    found = robust_accuracy(classifier, data, **OPTIONS, running=Running(file, batch=4, should_stop=stop))
    assert not found.complete
    assert 0 < found.robust.of < 20
    assert found.robust.of % 4 == 0
    whole = robust_accuracy(classifier, data, **OPTIONS, running=Running(file, batch=4))
    assert whole.complete
    assert whole.verdicts[: found.robust.of] == found.verdicts


class SometimesNaN(torch.nn.Module):
    """A network that has no answer to pictures whose first pixel is above a half."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return torch.where(x[:, 0, :1, 0] > 0.5, torch.nan, self.module(x))


def test_what_is_not_a_number_is_neither_right_nor_robust():
    sound = networks.conv(SIZE, classes=3)
    classifier = networks.wrap(SometimesNaN(sound), 3, SIZE)
    data = answered(networks.wrap(sound, 3, SIZE), 20)
    broken = (data.images[:, 0, 0, 0] > 127).tolist()
    data = replace(data, labels=torch.where(torch.tensor(broken), 0, data.labels))  # argmax of NaN is the first
    assert 0 < sum(broken) < 20
    found = robust_accuracy(classifier, data, **{**OPTIONS, "eps": 0.001})
    assert [not verdict.valid for verdict in found.verdicts] == broken
    assert found.invalid == sum(broken)
    assert found.clean.correct == 20 - sum(broken)
    assert not any(verdict.robust for verdict in found.verdicts if not verdict.valid)
    assert clean_accuracy(classifier, data) == found.clean


def test_masked_gradients_are_counted():
    classifier = networks.wrap(networks.Constant([2.0, 1.0]), 2, SIZE)
    found = robust_accuracy(classifier, answered(classifier, 5), norm="linf", eps=0.3, steps=3, restarts=2)
    assert found.robust.correct == 5
    assert found.masked == 5


def test_clean_accuracy_counts_and_stops(classifier):
    data = answered(classifier, 20, wrong=(1, 2, 19))
    assert clean_accuracy(classifier, data).correct == 17
    stopped = clean_accuracy(classifier, data, Running(batch=4, should_stop=lambda: True))
    assert (stopped.correct, stopped.of) == (2, 4)


def test_a_result_outside_of_the_radius_is_not_sound(classifier):
    data = answered(classifier, 4)
    result = attack(classifier, data.floats(slice(None)), "pgd", eps=0.1, steps=2)
    assert is_sound(result).all()
    assert not is_sound(replace(result, eps=result.eps / 2)).all()
    outside = result.adversarial.clone()
    outside[1, 0, 0, 0] = -0.001
    assert is_sound(replace(result, adversarial=outside)).tolist() == [True, False, True, True]


def test_impossible_settings_are_sentences(classifier):
    data = answered(classifier, 4)
    with pytest.raises(ParameterError, match="restarts"):
        robust_accuracy(classifier, data, norm="linf", eps=0.1, restarts=0)
    with pytest.raises(ParameterError, match="configured"):
        robust_accuracy(classifier, data, PGD(), norm="linf", eps=0.1, steps=3)
