"""The counter before a model: exact to one question, and nothing gets past it."""

import pytest
import torch

from advlab.core.meter import Meter
from advlab.core.rejecting import Rejecting
from advlab.core.service import Service
from advlab.errors import ParameterError
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)


def victim():
    spy = Spy(conv(SIZE))
    return wrap(spy, 4, SIZE), spy


def test_it_says_what_the_model_says():
    model, _ = victim()
    x = pictures(5, SIZE)
    meter = Meter(model)
    assert torch.equal(meter.labels(x).labels, model(x).argmax(1))
    torch.testing.assert_close(meter.scores(x).scores, model(x))
    assert meter.labels(x).scores is None
    assert (meter.asked, meter.remaining, meter.refused) == (15, None, 0)


@pytest.mark.parametrize("scores", [False, True])
def test_not_one_question_more_than_allowed(scores):
    model, spy = victim()
    x, meter = pictures(5, SIZE), Meter(model, 8)
    ask = meter.scores if scores else meter.labels
    first, second, third = ask(x), ask(x), ask(x)
    assert first.granted.all()
    assert second.granted.tolist() == second.answered.tolist() == [True, True, True, False, False]
    assert second.labels[3:].tolist() == [-1, -1]
    assert not third.granted.any()
    if scores:
        assert second.scores[3:].isnan().all()
        assert third.scores.shape == (5, 4)
    assert (meter.asked, meter.refused, meter.remaining, spy.forward_images) == (8, 7, 0, 8)


def test_no_questions_at_all():
    model, spy = victim()
    meter = Meter(model, 0)
    assert not meter.labels(pictures(2, SIZE)).answered.any()
    assert spy.forward_images == 0
    with pytest.raises(ParameterError, match="at least 0"):
        Meter(model, -1)


def test_it_has_no_gradient_to_give():
    model, _ = victim()
    x = pictures(2, SIZE).requires_grad_()
    assert not Meter(model).scores(x).scores.requires_grad


def test_a_rejected_image_is_paid_for_and_gets_no_answer():
    class Guarded(torch.nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :4], x.mean((1, 2, 3)) - 0.5

    model, _ = victim()
    x = torch.stack((torch.zeros(SIZE), torch.ones(SIZE)))
    told = Meter(Rejecting(model, Guarded(), name="guarded"), 9).scores(x)
    assert told.granted.all()
    assert told.answered.tolist() == [False, True]
    assert told.scores[0].isnan().all()


def test_an_interface_shows_less_and_answers_fewer():
    model, _ = victim()
    x = pictures(3, SIZE)
    meter = Meter(model, 100, service=Service(top=1, per_minute=2, minutes=1))
    told = meter.scores(x)
    assert told.granted.tolist() == [True, True, False]
    assert len(told.scores[0].unique()) == 2, "the best, and one number for all others"
