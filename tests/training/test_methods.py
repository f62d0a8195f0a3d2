"""What each method makes of a batch."""

import copy

import pytest
import torch
import torch.nn.functional as F

from advlab import training
from advlab.errors import ParameterError
from advlab.training import adversary
from advlab.training.method import Batch, Epoch
from advlab.training.methods.distillation import Distillation
from advlab.training.methods.fast import Fast
from advlab.training.methods.noise import Noise
from advlab.training.methods.pgd import PGDTraining
from advlab.training.methods.standard import Standard
from advlab.training.methods.trades import Trades
from tests import networks
from tests.training import toys

SIZE = (3, 6, 5)


def batch(module=None, eps=0.1, done=1.0, teacher=None, count=12):
    module = networks.conv(SIZE) if module is None else module
    x = networks.pictures(count, SIZE, 1)
    y = module(x).argmax(1).detach()
    return Batch(x, y, module, module, eps, done, torch.Generator().manual_seed(0), teacher)


@pytest.mark.parametrize("name", list(training.registry.all()))
def test_every_method_learns_something_from_a_batch(name):
    module = networks.conv(SIZE)
    method = training.registry.get(name).configured({})
    outcome = method.loss(batch(module, teacher=networks.conv(SIZE, seed=1)))
    outcome.loss.backward()
    assert outcome.loss.dim() == 0
    assert outcome.logits.shape == (12, 4)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


def test_an_ascent_stays_in_the_ball_and_raises_the_objective():
    b = batch(eps=0.05)

    def objective(logits):
        return F.cross_entropy(logits, b.y, reduction="sum")

    start = adversary.uniform_start(b, 0.05)
    x = adversary.ascend(b, start, objective, eps=0.05, steps=5, step_size=0.02)
    assert (start - b.x).abs().max() <= 0.05 + 1e-6
    assert (x - b.x).abs().max() <= 0.05 + 1e-6
    assert x.min() >= 0
    assert x.max() <= 1
    assert objective(b.net(x)) > objective(b.net(start)) > 0
    assert not x.requires_grad


def test_one_step_on_a_linear_network_is_the_sign_of_the_weights():
    classifier = networks.linear(SIZE)
    x = networks.pictures(6, SIZE, low=0.3, high=0.7)
    y = classifier(x).argmax(1)
    b = Batch(x, y, classifier, classifier, 0.1, 1.0, torch.Generator())
    moved = adversary.ascend(
        b, x, lambda logits: F.cross_entropy(logits, y, reduction="sum"), eps=0.1, steps=1, step_size=0.1
    )
    weight = classifier.module.weight
    expected = x + 0.1 * (weight[1 - y] - weight[y]).sign().reshape(x.shape)
    assert torch.allclose(moved, expected, atol=1e-6)


def test_attacks_leave_running_statistics_and_momentum_alone():
    module = torch.nn.Sequential(torch.nn.BatchNorm2d(3), networks.conv(SIZE)).train()
    b = batch(module)
    before = copy.deepcopy(module[0].state_dict())
    adversary.ascend(b, b.x, lambda logits: logits.sum(), eps=0.1, steps=3, step_size=0.1)
    assert torch.equal(module[0].running_mean, before["running_mean"])
    assert torch.equal(module[0].running_var, before["running_var"])
    assert module[0].momentum == 0.1
    with pytest.raises(ZeroDivisionError):
        adversary.ascend(b, b.x, lambda logits: 1 / 0, eps=0.1, steps=3, step_size=0.1)
    assert module[0].momentum == 0.1


def test_robust_methods_learn_from_what_their_attack_found():
    """Their loss is that of images which fool more than the clean ones do."""
    for method in (PGDTraining(steps=10), Fast()):
        b = batch(eps=0.1)
        outcome = method.loss(b)
        assert (outcome.logits.argmax(1) == b.y).float().mean() < 1
        assert outcome.loss > Standard().loss(b).loss


def value(method, **of_batch):
    """The method's loss on the batch."""
    return method.loss(batch(**of_batch)).loss.item()


def test_the_radius_of_pgd_grows_with_the_ramp():
    losses = [value(PGDTraining(steps=5, ramp=0.5), done=done) for done in (0.0, 0.25, 0.5, 1.0)]
    assert losses[0] == pytest.approx(value(Standard()), rel=1e-6)
    assert losses[0] < losses[1] < losses[2]
    assert losses[2] == pytest.approx(losses[3], rel=1e-6)


def test_the_radius_of_pgd_is_in_units_of_the_epsilon_it_is_judged_at():
    half, whole = value(PGDTraining(steps=5, radius=0.5), eps=0.1), value(PGDTraining(steps=5), eps=0.1)
    assert half == pytest.approx(value(PGDTraining(steps=5), eps=0.05), rel=1e-6)
    assert value(Standard()) < half < whole


def test_trades_without_its_robust_term_is_standard_training():
    plain, none = value(Standard()), value(Trades(beta=0, steps=2))
    some, more = (value(Trades(beta=beta, steps=5)) for beta in (1, 6))
    assert none == pytest.approx(plain, rel=1e-6)
    assert more - plain == pytest.approx(6 * (some - plain), rel=1e-4)
    assert some > plain


def test_trades_measures_the_kl_divergence():
    """At a radius of nothing both answers agree, but for the noise of the start, which is projected away."""
    assert value(Trades(beta=100, steps=1), eps=0.0) == pytest.approx(value(Standard()), rel=1e-5)


def test_distillation_learns_the_softened_answers_of_the_teacher():
    b = batch(teacher=networks.conv(SIZE, seed=3))
    hot = Distillation(temperature=20).loss(b).loss
    soft = (b.teacher(b.x) / 20).softmax(1)
    by_hand = -(soft * (b.net(b.x) / 20).log_softmax(1)).sum(1).mean()
    assert torch.allclose(hot, by_hand, rtol=1e-6)
    teacher = Distillation(temperature=20).before()
    expected = F.cross_entropy(b.net(b.x) / 20, b.y)
    assert torch.allclose(teacher.loss(b).loss, expected, rtol=1e-6)


def test_noise_has_its_standard_deviation_and_is_not_clipped():
    seen = []

    def net(x):
        seen.append(x)
        return x.flatten(1)[:, :4]

    x = torch.full((200, *SIZE), 0.9)
    b = Batch(x, torch.zeros(200, dtype=torch.int64), net, torch.nn.Identity(), 0.1, 0.5, torch.Generator())
    Noise(sigma=0.25).loss(b)
    noise = seen[0] - x
    assert noise.std() == pytest.approx(0.25, rel=0.02)
    assert abs(float(noise.mean())) < 0.01
    assert seen[0].max() > 1.2


def epoch(number, seen, robust):
    return Epoch(number, 1.0, seen, 0.8, robust, 0.1, 1.0)


@pytest.mark.parametrize(
    ("epochs", "rings"),
    [
        ([epoch(1, 0.5, 0.4)], False),
        ([epoch(1, 0.5, 0.4), epoch(2, 0.6, 0.42)], False),
        ([epoch(1, 0.5, 0.4), epoch(2, 0.9, 0.01)], True),
        ([epoch(1, 0.5, 0.4), epoch(2, 0.3, 0.2)], False),  # everything fell: not that kind of failure
        ([epoch(1, 0.2, 0.0)], False),
        ([epoch(1, 0.95, 0.0)], True),  # from the start
    ],
)
def test_the_alarm_of_fast_training(epochs, rings):
    sentence = Fast().alarm(epochs)
    assert (sentence is not None) is rings
    assert not rings or "Catastrophic overfitting" in sentence


def test_parameters_are_checked():
    for given, words in (
        ({"name": "pgdd"}, "Did you mean “pgd”"),
        ({"name": "pgd", "steps": 0}, "steps"),
        ({"name": "pgd", "stepz": 3}, "stepz"),
        ({}, "Give the recipe's method a name"),
    ):
        with pytest.raises(ParameterError, match=words):
            toys.recipe(given)
