"""Models that refuse to answer, and verdicts of another model than the one that was asked."""

import pytest
import torch
from torch import nn

import advlab
from advlab.core.detector import Detector
from advlab.core.rejecting import Rejecting, answers, margin
from advlab.defenses.confidence import Confidence
from advlab.defenses.feature_squeezing import FeatureSqueezing
from advlab.errors import InputError, ParameterError
from tests.networks import conv, linear, pictures, wrap

SIZE = (3, 6, 5)


class Bright(nn.Module):
    """Accepts pictures whose mean is below a limit."""

    def __init__(self, inner, limit):
        super().__init__()
        self.inner, self.limit = inner, limit

    def forward(self, x):
        return self.inner(x), self.limit - x.flatten(1).mean(1)


def guarded(limit, inner=None):
    inner = inner or wrap(conv(SIZE, 4), 4, SIZE)
    return Rejecting(inner, Bright(inner, limit), name="guarded")


def test_being_rejected_is_no_success():
    """The margin is the smaller one of the class's and the acceptance's."""
    goal = advlab.Untargeted([0, 0, 0]).bind(3, 2, torch.zeros(3, dtype=torch.int64))
    said = torch.tensor([[0.0, 2.0, 5.0], [0.0, 2.0, -1.0], [2.0, 0.0, 5.0]])
    assert margin(goal, said, 2).tolist() == [2.0, -1.0, -2.0]
    assert margin(goal, said[:, :2], 2).tolist() == [2.0, 2.0, -2.0]
    said[0, 2] = torch.nan
    assert margin(goal, said, 2)[0] == -torch.inf


def test_it_is_a_classifier_that_says_more_to_who_judges():
    model, x = guarded(0.5), pictures(6, SIZE)
    assert torch.equal(model(x), wrap(conv(SIZE, 4), 4, SIZE)(x))
    said = answers(model, x, search=False)
    assert said.shape == (6, 5)
    torch.testing.assert_close(said[:, 4], 0.5 - x.flatten(1).mean(1))


def test_computed_in_another_way_it_still_rejects():
    model, x = guarded(0.5), pictures(6, SIZE)
    other = model.with_execution(advlab.Execution(chunk=2))
    assert other.execution.chunk == 2
    assert model.execution.chunk is None
    assert torch.equal(other.judged(x)[1], model.judged(x)[1])
    assert other.digest == model.digest


@pytest.mark.parametrize("method", ["pgd", "detector_aware", "square", "hopskipjump"])
def test_whatever_is_claimed_was_accepted(method):
    """By every kind of oracle: an adversarial image is wrong and accepted, and a detector costs successes."""
    x = pictures(8, SIZE, low=0.2, high=0.8)
    bare = wrap(conv(SIZE, 4), 4, SIZE)
    limit = float(x.flatten(1).mean(1).max()) + 0.002
    model = guarded(limit, bare)
    how = dict(norm="linf", eps=0.15, max_queries=400)  # noqa: C408
    found = advlab.attack(model, x, method, **how)
    logits, acceptance = model.judged(found.adversarial)
    assert bool((acceptance[found.success] > 0).all())
    assert bool((logits.argmax(1) != found.label_before)[found.success].all())
    assert bool((found.margin_after <= acceptance + 1e-6).all())
    assert found.success.any()


def test_who_knows_the_detector_gets_past_it():
    """On a model that accepts only darker pictures, the aware attack finds what plain PGD does not look for."""
    x = pictures(16, SIZE, low=0.4, high=0.6)
    bare = wrap(conv(SIZE, 4), 4, SIZE)
    model = guarded(float(x.flatten(1).mean(1).min()) - 0.04, bare)
    plain = advlab.attack(model, x, "pgd", eps=0.12, steps=40)
    rates = {}
    for orthogonal in (False, True):
        aware = advlab.attack(model, x, "detector_aware", eps=0.12, steps=40, orthogonal=orthogonal)
        rates[orthogonal] = float(aware.success.float().mean())
    assert min(rates.values()) >= float(plain.success.float().mean()) + 0.3, rates


def test_a_judge_decides():
    """The attacker asks one model, the verdict is of another: labels, margins and successes are the judge's."""
    asked, judge, x = linear(SIZE, seed=1), linear(SIZE, seed=2), pictures(20, SIZE)
    r = advlab.attack(asked, x, "pgd", eps=0.2, steps=10, judge=judge)
    assert torch.equal(r.label_before, judge(x).argmax(1))
    torch.testing.assert_close(r.margin_after, r.goal.margin(judge(r.adversarial)))
    assert torch.equal(r.success, r.margin_after > 0)
    assert torch.equal(r.goal.index, judge(x).argmax(1))


def test_the_threshold_rejects_no_more_clean_pictures_than_asked_for():
    """Of those it was set on at most that share, and as many as that where scores differ."""
    bare, clean = wrap(conv(SIZE, 4), 4, SIZE), pictures(200, SIZE)
    for share in (0.005, 0.05, 0.2):
        model = Confidence(false_positives=share).wrap(bare, clean)
        rejected = int((model.judged(clean)[1] <= 0).sum())
        assert rejected == int(share * 200)


@pytest.mark.parametrize("count", [None, 0, 19])
def test_too_few_clean_pictures(count):
    clean = None if count is None else pictures(count, SIZE) if count else torch.zeros(0, *SIZE)
    with pytest.raises(InputError, match=f"at least 20 of them, and there are {count or 0}"):
        Confidence().wrap(wrap(conv(SIZE, 4), 4, SIZE), clean)


def test_clean_pictures_of_one_class():
    clean = pictures(1, SIZE).expand(40, *SIZE)
    with pytest.raises(InputError, match="are all “"):
        FeatureSqueezing().wrap(wrap(conv(SIZE, 4), 4, SIZE), clean)


def test_a_joint_detector_without_squeezers():
    with pytest.raises(ParameterError, match="no squeezer left"):
        FeatureSqueezing(bits=8, median=1).wrap(wrap(conv(SIZE, 4), 4, SIZE), pictures(40, SIZE))


def test_squeezing_is_its_formula():
    """The largest L1 distance of probabilities, computed one squeezer at a time."""
    bare, x = wrap(conv(SIZE, 4), 4, SIZE), pictures(7, SIZE)
    detector: Detector = FeatureSqueezing(bits=1, median=2)
    coarse, plain = (x > 0.5).float(), bare(x).softmax(1)
    from advlab.core.randomness import fresh  # noqa: PLC0415
    from advlab.defenses.median import Median  # noqa: PLC0415

    wanted = torch.stack(
        [(plain - bare(z).softmax(1)).abs().sum(1) for z in (coarse, Median(size=2).apply(x, fresh(x)))]
    ).amax(0)
    torch.testing.assert_close(detector.scores(bare, x), wanted)
