"""Substitutes: they learn to answer as a victim does, from exactly as many questions as are allowed."""

import pytest
import torch

from advlab.core.service import Service
from advlab.errors import InputError, ParameterError
from advlab.programs import Substitution, train_substitute, unfit
from advlab.programs.substitution import along, in_8_bits
from tests.networks import Linear, Spy, conv, linear, pictures, wrap
from tests.training import toys

SIZE = (1, 8, 8)
QUICK = {"rounds": 4, "doubling": 9, "epochs": 3, "batch_size": 16, "learning_rate": 2e-3, "seed": 1}


def victim():
    """Tells apart where a picture has its bright bar: at the top, at the bottom or at the left."""
    weight = torch.zeros(3, *SIZE)
    weight[0, :, :2], weight[1, :, -2:], weight[2, :, :, :2] = 0.5, 0.5, 0.5
    spy = Spy(Linear(weight.flatten(1), torch.zeros(3)))
    return wrap(spy, 3, SIZE), spy


def copied(**changes):
    model, spy = victim()
    how = Substitution.checked(**{**QUICK, **changes.pop("how", {})})
    told = []
    seeds, held_out = (toys.stripes(count, seed).floats(slice(None)) for count, seed in ((6, 0), (100, 1)))
    found = train_substitute(model, seeds, how, held_out=held_out, progress=told.append, **changes)
    return found, told, spy


def test_it_agrees_more_after_each_round():
    found, told, spy = copied()
    assert [one.images for one in found.rounds] == [6, 12, 24, 48]
    assert [one.queries for one in found.rounds] == [6, 12, 24, 48]
    shares = [one.agreement.share for one in found.rounds]
    assert shares[-1] > 0.9
    assert shares[-1] > shares[0]
    assert found.agreement == found.rounds[-1].agreement
    assert (found.queries, found.checked) == (48, 100)
    assert spy.forward_images == 148, "the attacker's questions and the verifier's, and no others"
    assert spy.backward_images == 0
    assert found.classifier.labels == ("0", "1", "2")
    assert found.classifier.input_size == SIZE
    assert not found.stopped
    assert len(told) == 12
    done = [one.done for one in told]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1)


@pytest.mark.parametrize("most, asked", [(5, [5] * 4), (17, [6, 12, 17, 17]), (48, [6, 12, 24, 48])])
def test_the_budget_is_exact(most, asked):
    found, _, spy = copied(how={"most_queries": most, "epochs": 1})
    assert [one.queries for one in found.rounds] == asked
    assert spy.forward_images - found.checked == found.queries == asked[-1]
    assert found.refused == max(0, 6 - most)


def test_a_reservoir_keeps_the_set_from_doubling():
    found, _, _ = copied(how={"doubling": 1, "reservoir": 5, "rounds": 5, "epochs": 1})
    assert [one.images for one in found.rounds] == [6, 12, 17, 22, 27]


def test_the_sign_changes_with_the_period():
    steps = Substitution(step=0.1, period=2)
    assert [steps.signed(number) for number in range(1, 6)] == [0.1, 0.1, -0.1, -0.1, 0.1]
    assert Substitution().signed(5) == 0.1


def test_scores_are_learned_softly():
    found, _, _ = copied(how={"answers": "scores"})
    assert found.agreement.share > 0.9
    assert found.queries == 48


def test_it_asks_no_more_often_than_the_interface_answers():
    found, _, _ = copied(how={"answers": "scores"}, service=Service(per_minute=30, minutes=1))
    assert found.queries == 30


def test_the_same_seed_gives_the_same_and_no_global_generator_is_touched():
    before = torch.random.get_rng_state()
    first, second, other = (copied(how={"seed": seed, "rounds": 2})[0] for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.rounds == second.rounds
    assert first.classifier.digest == second.classifier.digest
    assert first.classifier.digest != other.classifier.digest


def test_stopped_it_is_what_it_has_become():
    answers = iter([False] * 14 + [True] * 10)
    found, told, _ = copied(should_stop=lambda: next(answers))
    assert found.stopped
    assert 0 < len(told) < 12
    assert len(found.rounds) == len(told) // 3
    assert torch.isfinite(found.classifier(pictures(2, SIZE))).all()
    nothing, told, _ = copied(should_stop=lambda: True)
    assert nothing.stopped
    assert (nothing.rounds, nothing.queries, nothing.agreement, told) == ((), 0, None, [])


def test_a_step_along_the_sign_of_the_jacobian():
    model = linear((1, 2, 2), 2)
    x = torch.full((2, 1, 2, 2), 0.5)
    x[1, 0, 0, 0] = 1.0
    sign = model.module.weight.sign().reshape(2, 1, 2, 2)
    made = along(model, x, torch.tensor([0, 1]), 0.1)
    assert torch.equal(made, in_8_bits(x + 0.1 * sign))


def test_what_does_not_move_is_not_asked_about_again():
    model = linear((1, 1, 1), 2)
    up = int(model.module.weight[0] > 0)
    x = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1)
    made = along(model, x, torch.tensor([0, 0]), 0.1)
    assert made.flatten().tolist() == [26] if up else [230]


def test_without_held_out_pictures_nothing_is_measured():
    model, spy = victim()
    found = train_substitute(model, pictures(5, SIZE), Substitution(rounds=1, epochs=1))
    assert (found.agreement, found.checked, spy.forward_images) == (None, 0, 5)


def test_what_cannot_be():
    model = wrap(conv(), 4, (3, 6, 5))
    with pytest.raises(InputError, match=r"\(n, 3, 6, 5\), at least one, not \(2, 3, 4, 4\)"):
        train_substitute(model, pictures(2, (3, 4, 4)))
    with pytest.raises(ParameterError, match="rounds = 0 is impossible"):
        Substitution.checked(rounds=0)
    assert unfit(10, 28) is None
    assert unfit(43, 48) is None
    assert "1,000 classes" in unfit(1000, 224)
