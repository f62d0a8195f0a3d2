"""The losses of many restarts: those of PGD with as many seeds."""

import pytest
import torch

import advlab
from advlab.analysis.climbs import climb
from advlab.core.norms import Norm
from advlab.errors import ParameterError
from tests.networks import conv, linear, pictures, wrap

SIZE = (3, 6, 5)


def start(classifier):
    image = 0.2 + 0.6 * pictures(1, SIZE)[0]
    return image, int(classifier(image.unsqueeze(0)).argmax())


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_each_restart_ends_where_pgd_with_its_seed_ends(norm):
    classifier = wrap(conv(SIZE), 4, SIZE)
    image, index = start(classifier)
    eps = {Norm.LINF: 0.05, Norm.L2: 0.3}[norm]
    *_, last = climb(classifier, image, index, norm=norm, eps=eps, restarts=3, steps=6, seed=5)
    assert last.loss.shape == last.fooled.shape == (3, 7)
    for restart in range(3):
        losses = []

        class Spy(torch.nn.Module):
            def __init__(self, losses):
                super().__init__()
                self.inner, self.losses = classifier.module, losses

            def forward(self, x):
                logits = self.inner(x)
                self.losses.append(torch.nn.functional.cross_entropy(logits.detach(), torch.tensor([index])))
                return logits

        spied = wrap(Spy(losses), 4, SIZE)
        losses.clear()
        advlab.attack(spied, image.unsqueeze(0), "pgd", norm=norm, eps=eps, steps=6, seed=5 + restart, labels=index,
                      early_stop=False)  # fmt: skip
        theirs = torch.stack(losses)
        for loss in last.loss[restart]:
            assert float((theirs - loss).abs().min()) < 1e-5


def test_on_a_linear_network_every_climb_reaches_the_corner():
    classifier = linear(SIZE, 2, seed=1)
    image, index = start(classifier)
    eps = 0.01  # the picture stays clear of black and white, so the corner is the closed form
    weight = classifier.module.weight
    towards = weight[1 - index] - weight[index]
    corner = image + eps * towards.sign().reshape(SIZE)
    best = torch.nn.functional.cross_entropy(classifier(corner.unsqueeze(0)), torch.tensor([index]))
    *_, last = climb(classifier, image, index, eps=eps, restarts=8, steps=10)
    torch.testing.assert_close(last.loss[:, -1], best.detach().expand(8), rtol=1e-4, atol=1e-6)
    assert (last.loss[:, 0] < last.loss[:, -1]).all()
    assert last.loss[:, 0].std() > 0


def test_columns_come_one_at_a_time_and_never_change():
    classifier = wrap(conv(SIZE), 4, SIZE)
    image, index = start(classifier)
    every = list(climb(classifier, image, index, eps=0.05, restarts=4, steps=3))
    assert [each.loss.shape[1] for each in every] == [1, 2, 3, 4]
    for each in every:
        assert torch.equal(each.loss, every[-1].loss[:, : each.loss.shape[1]])


@pytest.mark.parametrize("values", [{"restarts": 0}, {"steps": 0}, {"eps": 0.0}, {"eps": float("inf")}])
def test_nothing_to_climb_is_a_sentence(values):
    classifier = linear(SIZE, 2)
    with pytest.raises(ParameterError, match="above 0"):
        next(climb(classifier, *start(classifier), **{"eps": 0.1, **values}))
