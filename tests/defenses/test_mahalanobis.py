"""The distance to the nearest class mean, against its formula, and what it tells apart."""

import numpy as np
import pytest
import torch
from torch import nn

from advlab.core.features import Features
from advlab.defenses.mahalanobis import Mahalanobis
from tests.defenses.drawn import digits, separation
from tests.networks import conv, fill, pictures, wrap

SIZE = (1, 5, 8)


def narrow(classes, width):
    """Few features, so that there are more pictures than those."""
    with torch.random.fork_rng(devices=[]):
        layers = nn.Flatten(), nn.Linear(40, width), nn.Tanh(), nn.Linear(width, classes, bias=False)
    return wrap(fill(nn.Sequential(*layers).double(), gain=2.0), classes, SIZE)


def one_class_each():
    """Forty classes, one for each pixel."""
    layer = nn.Linear(40, 40, bias=False, dtype=torch.float64, device="meta").to_empty(device="cpu")
    nn.init.eye_(layer.weight)
    return wrap(nn.Sequential(nn.Flatten(), layer), 40, SIZE)


def one_picture_each():
    """A pixel each on grounds from black to grey."""
    ground = 0.6 * pictures(40, (1,), dtype=torch.float64)
    return (0.3 * torch.eye(40) + ground).reshape(40, *SIZE)


def by_hand(features, answers):
    """The function from features `[N, F]` to suspicion, with a full covariance matrix; and how much that is shrunk."""
    classes = np.unique(answers)
    means = np.stack([features[answers == k].mean(0) for k in classes])
    scatter, free = features - means[np.searchsorted(classes, answers)], len(features) - len(classes)
    if free == 0:
        scatter, free = features - features.mean(0), len(features) - 1
    covariance, width = scatter.T @ scatter / free, features.shape[1]
    trace, squares = np.trace(covariance), np.trace(covariance @ covariance)
    share = ((1 - 2 / width) * squares + trace**2) / ((free + 1 - 2 / width) * (squares - trace**2 / width))
    share = min(1.0, share)
    inverse = np.linalg.inv((1 - share) * covariance + share * trace / width * np.eye(width))

    def suspicion(some):
        away = some[:, None] - means
        return np.einsum("ncf,fg,ncg->nc", away, inverse, away).min(1)

    return suspicion, share


@pytest.mark.parametrize(
    ("classifier", "clean"),
    [
        (narrow(3, 4), pictures(90, SIZE, low=-1, dtype=torch.float64)),
        (narrow(5, 30), pictures(44, SIZE, dtype=torch.float64)),
        (wrap(conv(SIZE, 4, dtype=torch.float64), 4, SIZE), pictures(60, SIZE, dtype=torch.float64)),
        (one_class_each(), one_picture_each()),
        (one_class_each(), 0.9 * torch.eye(40, dtype=torch.float64).reshape(40, *SIZE)),
    ],
    ids=["more pictures than features", "fewer", "far fewer", "one of each class", "alike in all directions"],
)
def test_the_suspicion_is_its_formula(classifier, clean):
    """Of the half that is learned from; the threshold is between those of the other half."""
    detector = Mahalanobis()
    guarded = detector.wrap(classifier, clean)
    logits, features = (found.numpy() for found in Features(classifier).of(clean))
    order = np.argsort(logits.argmax(1), kind="stable")
    suspicion, share = by_hand(features[order[::2]], logits.argmax(1)[order[::2]])
    assert 0 < share < 1 or clean.unique().numel() == 2
    x = pictures(9, SIZE, 5, dtype=torch.float64)
    wanted = suspicion(Features(classifier)(x)[1].detach().numpy())
    np.testing.assert_allclose(guarded.module.scoring(x)[1].numpy(), wanted, rtol=1e-8)
    held_out = np.sort(suspicion(features[order[1::2]]))
    rejected = int(len(held_out) * detector.false_positives)
    assert guarded.module.threshold == pytest.approx(held_out[-rejected - 1 : len(held_out) - rejected + 1].mean())


def test_in_single_precision_it_is_as_exact():
    """Where few pictures give directions of very different spread."""
    clean, x = pictures(400, SIZE, dtype=torch.float64), pictures(50, SIZE, 5, dtype=torch.float64)
    exact = Mahalanobis().wrap(narrow(3, 30), clean).module.scoring(x)[1]
    single = wrap(narrow(3, 30).module.float(), 3, SIZE)
    torch.testing.assert_close(
        Mahalanobis().wrap(single, clean.float()).module.scoring(x.float())[1].double(), exact, rtol=1e-3, atol=1e-3
    )


def test_a_classes_mean_has_no_suspicion_and_no_slope():
    """With one picture of a class that is the mean: the distance is squared, so there is no division by zero."""
    clean = one_picture_each()
    x = clean[:2].clone().requires_grad_()
    suspicion = Mahalanobis().wrap(one_class_each(), clean).module.scoring(x)[1]
    (gradient,) = torch.autograd.grad(suspicion.sum(), x)
    suspicion = suspicion.detach()
    assert float(suspicion[0]) == pytest.approx(0, abs=1e-20)
    assert float(gradient[0].abs().max()) == pytest.approx(0, abs=1e-9)
    assert float(suspicion[1]) > 1


def test_adversarial_digits_are_farther():
    network, clean, new, adversarial = digits()
    guarded = Mahalanobis().wrap(network, clean)
    suspicions = [guarded.module.scoring(x)[1] for x in (new, adversarial)]
    assert separation(*suspicions) > 0.9
    assert float((guarded.judged(adversarial)[1] <= 0).float().mean()) > 0.7
    assert float((guarded.judged(new)[1] <= 0).float().mean()) < 0.15
