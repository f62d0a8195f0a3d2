"""Explanations that were bent: inside the budget, with the label, and further than chance bends them."""

import itertools

import pytest
import torch
from torch import nn

from advlab import models
from advlab.analysis.attribution import METHODS, Question, saliency
from advlab.analysis.explanation_attack import bend
from advlab.analysis.similarity import likeness
from advlab.core.randomness import Noise
from advlab.data.samples import sample
from advlab.errors import InputError, ParameterError
from tests.analysis.test_attribution import SIZE, relu_network
from tests.networks import Constant, conv, linear, pictures, wrap

EPS = 4 / 255


def start(classifier, seed=0):
    """A picture in 8 bits, and the answer to it."""
    image = (pictures(1, SIZE, seed, dtype=classifier.dtype)[0] * 255).round() / 255
    return image, int(classifier(image.unsqueeze(0)).argmax())


def stop_sign(name="signs_standard"):
    classifier = models.load(name, "cpu")
    images = classifier.prepare(sample("stop").picture())
    return classifier, images[0], int(classifier(images).argmax())


def by_chance(classifier, image, index, eps):
    """The lowest overlap after noise of the largest size that there is."""
    before = saliency(Question(classifier, image, index))
    stream = Noise.of(0, image.unsqueeze(0))
    found = []
    for draw in range(5):
        noisy = (image + eps * (2 * stream.uniform(image.shape, draw)[0] - 1).sign()).clamp(0, 1)
        found.append(likeness(before, saliency(Question(classifier, noisy, index))).overlap)
    return min(found)


@pytest.fixture(name="classifier", params=[torch.float32, torch.float64], ids=["float", "double"])
def _classifier(request):
    return wrap(relu_network().to(request.param), 5, SIZE, mean=[0.4], std=[0.3])


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient"])
@pytest.mark.parametrize("eps", [EPS, 0.05, 0.5])
def test_every_picture_given_out_is_fair(method, eps, classifier):
    image, label = start(classifier)
    before = METHODS[method](Question(classifier, image, label))
    every = list(bend(classifier, image, label, eps=eps, steps=8, method=method))
    assert [each.step for each in every] == list(range(9))
    for each in every:
        assert int(classifier(each.image.unsqueeze(0)).argmax()) == label
        assert float((each.image - image).abs().max()) <= eps + 1e-6
        assert float(each.image.min()) >= 0
        assert float(each.image.max()) <= 1
        torch.testing.assert_close(each.image * 255, (each.image * 255).round(), atol=1e-4, rtol=0)
        again = METHODS[method](Question(classifier, each.image, label))
        assert torch.equal(each.explanation.values, again.values)
        assert each.likeness == likeness(before, again)
    overlaps = [each.likeness.overlap for each in every]
    assert overlaps[0] == 1
    assert overlaps == sorted(overlaps, reverse=True)
    assert overlaps[-1] < 1


def test_where_the_label_would_be_lost_the_picture_does_not_count():
    classifier = wrap(conv(SIZE, 5), 5, SIZE)
    image, label = start(classifier, seed=3)  # near a boundary
    lost = []
    for keep in (0.0, 1.0):
        every = list(bend(classifier, image, label, eps=0.1, steps=12, keep=keep))
        assert all(int(classifier(each.image.unsqueeze(0)).argmax()) == label for each in every)
        lost.append(sum(not each.kept for each in every))
    assert lost[0] > 2 * lost[1] > 0


def test_a_sign_is_still_a_sign_and_for_other_reasons_than_noise_finds():
    classifier, image, label = stop_sign()
    *_, last = bend(classifier, image, label, eps=EPS, steps=25)
    assert by_chance(classifier, image, label, EPS) > 0.5
    assert last.likeness.overlap < 0.2
    assert int(classifier(last.image.unsqueeze(0)).argmax()) == label
    robust, image, label = stop_sign("signs_pgd")
    *_, held = bend(robust, image, label, eps=EPS, steps=25)
    assert held.likeness.overlap > 2 * last.likeness.overlap  # robust networks keep their reasons better
    assert held.likeness.overlap < by_chance(robust, image, label, EPS) - 0.2


def test_an_explanation_of_choice():
    classifier, image, label = stop_sign()
    wanted = torch.zeros(image.shape[1:])
    wanted[4:16, 4:16] = 1
    first, *_, last = bend(classifier, image, label, eps=8 / 255, steps=25, wanted=wanted)
    values = last.explanation.values.sum(0)
    assert last.agreement == pytest.approx(
        float(torch.corrcoef(torch.stack([values, wanted]).flatten(1))[0, 1]), abs=1e-4
    )
    assert first.agreement < 0.1
    assert last.agreement > 0.4
    assert last.loss < 0.7 * first.loss
    assert int(classifier(last.image.unsqueeze(0)).argmax()) == label


def test_without_a_budget_nothing_moves(classifier):
    image, label = start(classifier)
    for eps in (0.0, 0.9 / 255):  # less than one level is nothing in 8 bits
        *_, last = bend(classifier, image, label, eps=eps, steps=3)
        assert torch.equal(last.image, image)
        assert last.likeness.overlap == 1


def test_the_slope_is_that_of_the_loss():
    """On a network that is smooth by itself beta does not matter, so that losses can be compared."""
    classifier = wrap(conv(SIZE, 5, dtype=torch.float64), 5, SIZE)
    image, label = start(classifier)
    few = {"eps": EPS, "steps": 6, "step_size": 0.1 / 255, "keep": 0.0}
    for options in ({}, {"wanted": torch.eye(16)}, {"method": "input_x_gradient"}):
        losses = [each.loss for each in bend(classifier, image, label, **few, **options)]
        assert all(after < before for before, after in itertools.pairwise(losses))


def test_corners_have_to_be_bent(classifier):
    image, label = start(classifier)
    losses = [each.loss for each in bend(classifier, image, label, eps=0.1, steps=10)]
    assert losses[-1] < 0.8 * losses[0]
    with pytest.raises(ParameterError, match="no second derivative"):
        next(bend(classifier, image, label, eps=0.1, beta=1e30))


def test_the_shared_network_stays_as_it_is():
    network = relu_network()
    network[1] = nn.ReLU(inplace=True)
    classifier = wrap(network, 5, SIZE)
    image, label = start(classifier)
    kept, before = image.clone(), classifier.with_execution(classifier.execution).digest
    logits = classifier(image.unsqueeze(0))
    for _ in bend(classifier, image, label, eps=EPS, steps=2):
        assert torch.equal(classifier(image.unsqueeze(0)), logits)  # between steps it has its corners
    assert classifier.with_execution(classifier.execution).digest == before
    assert type(network[1]) is type(network[3]) is nn.ReLU
    assert not any(parameter.requires_grad for parameter in classifier.parameters())
    assert torch.equal(image, kept)


def test_the_same_again(classifier):
    image, label = start(classifier)
    one, two = (list(bend(classifier, image, label, eps=EPS, steps=5))[-1] for _ in range(2))
    assert torch.equal(one.image, two.image)
    assert one.loss == two.loss


def test_what_tick_raises_ends_the_work(classifier):
    class StopError(Exception): ...

    seen = []

    def tick():
        seen.append(None)
        if len(seen) > 20:
            raise StopError

    image, label = start(classifier)
    with pytest.raises(StopError):
        list(bend(classifier, image, label, eps=EPS, tick=tick))
    assert len(seen) == 21


def test_a_class_that_is_not_the_answer_can_be_explained(classifier):
    image, label = start(classifier)
    other = (label + 1) % 5
    *_, last = bend(classifier, image, other, eps=0.1, steps=8)
    assert last.likeness.overlap < 1
    assert int(classifier(last.image.unsqueeze(0)).argmax()) == label


def test_what_cannot_be_bent_is_a_sentence():
    import timm  # noqa: PLC0415 - after ours, which makes it importable

    with torch.random.fork_rng(devices=[]):
        transformer = timm.create_model("vit_tiny_patch16_224", num_classes=3, img_size=16, patch_size=8)
    for classifier in (linear(SIZE, 3), wrap(transformer, 3, SIZE)):
        with pytest.raises(ParameterError, match="no second derivative"):
            next(bend(classifier, *start(classifier), eps=EPS))
    with pytest.raises(ParameterError, match="explains nothing"):
        next(bend(wrap(Constant([0.0, 1.0]), 2, SIZE), torch.zeros(SIZE), 0, eps=EPS))
    *_, last = bend(linear(SIZE, 3), *start(linear(SIZE, 3)), eps=0.1, steps=5, method="input_x_gradient")
    assert last.likeness.overlap < 1  # here the pixels are half of the explanation


@pytest.mark.parametrize(
    "options",
    [{"steps": 0}, {"eps": -0.1}, {"eps": float("nan")}, {"beta": 0.0}, {"share": 0.0}, {"method": "grad_cam"}],
)
def test_impossible_numbers_are_a_sentence(options, classifier):
    with pytest.raises(ParameterError, match=r"above 0|can be bent"):
        next(bend(classifier, *start(classifier), **{"eps": EPS, **options}))


def test_impossible_pictures_are_a_sentence(classifier):
    image, label = start(classifier)
    for wrong in (image + 0.3 / 255, image + 1, image * float("nan")):
        with pytest.raises(InputError, match="8 bits"):
            next(bend(classifier, wrong, label, eps=EPS))
    for wanted in (torch.ones(8, 8), torch.ones(SIZE[1:])):
        with pytest.raises(InputError, match="wanted map"):
            next(bend(classifier, image, label, eps=EPS, wanted=wanted))
