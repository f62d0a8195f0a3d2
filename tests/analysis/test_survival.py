"""What survives: on networks whose margin can be computed, and on a real one."""

import dataclasses
import math

import numpy as np
import pytest
import torch

import advlab
from advlab.analysis.survival import Survival, summary, survive
from advlab.analysis.treatments import TREATMENTS
from advlab.core.goals import Targeted, Untargeted
from advlab.core.rounding import give_out
from advlab.data.samples import sample
from advlab.errors import InputError, ParameterError
from tests.networks import Constant, Linear, Spy, Stochastic, conv, wrap

SIZE = (3, 16, 16)
BY_NAME = {t.name: t for t in TREATMENTS}
SIGNS = np.indices(SIZE[1:]).sum(0) % 2 * 2 - 1.0  # a checkerboard of -1 and 1


def checkers(size=SIZE, gain=40.0, bias=1.0):
    """Class 1 has the logit gain · mean(checkerboard · x), class 0 has the bias."""
    weight = np.broadcast_to(SIGNS[: size[1], : size[2]], size).reshape(1, -1) / math.prod(size) * gain
    weights = torch.from_numpy(np.concatenate([np.zeros_like(weight), weight])).float()
    return wrap(Linear(weights, torch.tensor([bias, 0.0])), 2, size)


def brightness(threshold=0.5, gain=10.0):
    """Class 1 above this mean brightness: its logit is gain · (mean - threshold)."""
    weights = torch.stack([torch.zeros(math.prod(SIZE)), torch.full((math.prod(SIZE),), gain / math.prod(SIZE))])
    return wrap(Linear(weights, torch.tensor([0.0, -gain * threshold])), 2, SIZE)


def flat(value, size=SIZE):
    channels, height, width = size
    return np.full((height, width, channels), value, np.uint8)


def hidden_board(size=SIZE):
    """Grey with a checkerboard of ±10 in it."""
    return (flat(128, size) + 10 * SIGNS[: size[1], : size[2], None]).astype(np.uint8)


def test_margins_by_hand():
    """40 · 10/255 - 1 with the board, -1 where it is gone."""
    found = {s.name: s for s in survive(checkers(), flat(128), hidden_board(), Untargeted(0))}
    saved = found["As saved (PNG)"]
    assert saved.margin == pytest.approx(40 * 10 / 255 - 1, abs=1e-4)
    assert saved.survives
    assert (saved.index, saved.label) == (1, "1")
    assert saved.confidence == pytest.approx(1 / (1 + math.exp(-saved.margin)), abs=1e-4)
    assert saved.own == pytest.approx(1 - saved.confidence, abs=1e-4)
    assert found["Half and back"].margin == pytest.approx(-1, abs=0.4)
    assert found["Blur 2"].margin == pytest.approx(-1, abs=0.2)
    assert not found["Half and back"].survives
    assert not found["Blur 2"].survives
    assert found["Brightness +10%"].margin == pytest.approx(40 * 11 / 255 - 1, abs=0.1)
    assert found["GIF, 256 colours"].margin == pytest.approx(saved.margin, abs=1e-4)
    assert all(s.clean_holds and s.fair and s.clean_label == "0" for s in found.values())


def test_the_first_row_is_the_saved_picture_and_the_rest_follow_the_table():
    found = survive(checkers(), flat(128), hidden_board(), Untargeted(0))
    assert [s.name for s in found] == ["As saved (PNG)", *(t.name for t in TREATMENTS)]
    assert [s.group for s in found[1:]] == [t.group for t in TREATMENTS]


def test_a_treatment_that_fools_without_an_attack_is_flagged():
    """Ten percent more light carries the clean picture over a threshold by itself."""
    classifier, clean = brightness(), flat(120)  # 0.47; with 10% more 0.52
    found = {s.name: s for s in survive(classifier, clean, flat(130), Untargeted(0))}
    brighter = found["Brightness +10%"]
    assert brighter.survives
    assert not brighter.clean_holds
    assert not brighter.fair
    assert brighter.clean_label == "1"
    assert all(s.fair for s in found.values() if s is not brighter)


def test_a_target_is_missed_by_a_clean_picture_whose_answer_changes():
    """Control and fairness are two things: another answer is not the target."""
    weights = torch.stack([torch.full((math.prod(SIZE),), g / math.prod(SIZE)) for g in (0.0, 10.0, -10.0)])
    classifier = wrap(Linear(weights, torch.tensor([0.0, -5.0, 2.0])), 3, SIZE)
    brighter = survive(classifier, flat(120), flat(20), Targeted(2), [BY_NAME["Brightness +10%"]])[1]
    assert not brighter.clean_holds
    assert brighter.fair
    assert brighter.survives
    assert brighter.own == pytest.approx(brighter.confidence)


@pytest.mark.parametrize("goal", [Untargeted(), Untargeted(0), Untargeted(torch.tensor([0]))])
def test_goals_may_be_bound_or_not(goal):
    assert survive(checkers(), flat(128), hidden_board(), goal)[0].survives


def test_what_does_not_fit_is_a_sentence():
    classifier = checkers()
    with pytest.raises(ParameterError, match="1 images"):
        survive(classifier, flat(128), hidden_board(), Untargeted(torch.tensor([0, 1])))
    for wrong in (flat(128).astype(np.float32), flat(128)[:-1], flat(128)[..., :1], flat(128).transpose(2, 0, 1)):
        with pytest.raises(InputError, match=r"\(16, 16, 3\) and type uint8"):
            survive(classifier, flat(128), wrong, Untargeted(0))


@pytest.mark.parametrize("size", [(1, 28, 28), (3, 6, 5), (1, 4, 4)])
def test_small_and_grey_pictures(size):
    channels, height, width = size
    generator = np.random.default_rng(0)
    clean, adversarial = generator.integers(0, 256, (2, height, width, channels), dtype=np.uint8)
    found = survive(wrap(conv(size), 4, size), clean, adversarial, Untargeted())
    assert len(found) == len(TREATMENTS) + 1
    assert found == survive(wrap(conv(size), 4, size), clean, adversarial, Untargeted()), "deterministic"


def test_two_batches_and_the_saved_pictures_alone():
    spy = Spy(checkers().module)
    asked = spy.remember()
    survive(wrap(spy, 2, SIZE), flat(128), hidden_board(), Untargeted(0))
    assert [len(x) for x in asked] == [1, len(TREATMENTS), 1, len(TREATMENTS)]
    assert spy.backward_images == 0


def test_no_treatments_is_the_saved_picture_only():
    found = survive(checkers(), flat(128), hidden_board(), Untargeted(0), ())
    assert [s.name for s in found] == ["As saved (PNG)"]


def test_stochastic_models_decide_by_votes():
    """A board that fools by 0.57: noise of 1 flips single answers, of 31 votes hardly the most."""
    module = Stochastic(checkers().module, spread=0.5)
    found = survive(wrap(module, 2, SIZE, votes=31), flat(128), hidden_board(), Untargeted(0))
    kept = {s.name for s in found if s.survives}
    assert {"As saved (PNG)", "Brightness +10%", "GIF, 256 colours"} <= kept
    assert not kept & {"Blur 2", "Half and back"}


def test_numbers_that_are_none_do_not_survive():
    found = survive(wrap(Constant([math.nan, 0.0]), 2, SIZE), flat(1), flat(2), Untargeted(0))
    assert not any(s.survives for s in found)


def test_a_tie_does_not_survive():
    found = survive(wrap(Constant([1.0, 1.0]), 2, SIZE), flat(1), flat(2), Untargeted(0))
    assert not any(s.survives for s in found)
    assert all(s.fair for s in found)


def row(name, *, survives=True, fair=True, words=""):
    return Survival(name, "", words or name, "", survives, 1.0, "a", 0, 1.0, 1.0, "a", 0, clean_holds=fair, fair=fair)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("a"), row("b")], "It survives all 2 treatments."),
        ([row("a")], "It survives the one treatment."),
        ([row("a", survives=False)], "It survives none of 1 treatment; a is enough to undo it."),
        (
            [row("a"), row("JPEG 75", survives=False, words="JPEG at quality 75"), row("c", survives=False)],
            "It survives 1 of 3 treatments; JPEG at quality 75 is enough to undo it.",
        ),
        (
            [row("a"), row("b"), row("c", fair=False)],
            "It survives all 2 treatments. 1 other treatment fools the model without any attack, and is not counted.",
        ),
        (
            [row("a", survives=False), row("b", fair=False), row("c", survives=False, fair=False)],
            "It survives none of 1 treatment; a is enough to undo it. "
            "2 other treatments fool the model without any attack, and are not counted.",
        ),
        (
            [row("a", fair=False), row("b", fair=False)],
            "Every treatment fools the model without any attack, so none says anything about this one.",
        ),
    ],
)
def test_summaries(rows, words):
    assert summary([row("As saved (PNG)"), *rows]) == words


def test_summaries_of_what_never_worked():
    treated = [row("a")]
    assert "nothing to survive" in summary([row("saved", survives=False), *treated])
    assert "reaches the goal by itself" in summary([row("saved", fair=False), *treated])
    assert dataclasses.is_dataclass(treated[0])


def test_a_stronger_attack_survives_more():
    """On a real network and a photo: 8/255 outlives what 1/255 does not, and JPEG undoes the smallest point."""
    classifier = advlab.load("efficientnet_lite0")
    x = classifier.prepare(sample("coffee").picture())
    clean = (x[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()

    def kept(method, **options):
        result = advlab.attack(classifier, x, method, early_stop=False, **options)
        given = give_out(classifier, x, result)
        assert given.success
        found = survive(classifier, clean, given.pixels.permute(1, 2, 0).numpy(), result.goal)
        assert found[0].survives
        assert found[0].margin == given.margin, "the same question as the verdict's, to the bit"
        return {s.name for s in found[1:] if s.survives and s.fair}

    weak, strong = kept("pgd", eps=1 / 255, steps=3), kept("pgd", eps=8 / 255, steps=6)
    smallest = kept("ddn", steps=20)
    assert len(smallest) < len(weak) < len(strong)
    assert "JPEG 95" not in smallest
    assert {"JPEG 95", "JPEG 90"} <= strong
