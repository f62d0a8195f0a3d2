"""Attributions, against Captum called directly on Sequential(normalise, network) and against closed forms."""

import threading
import warnings

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from advlab import models
from advlab.analysis import attribution, maps
from advlab.analysis.attribution import METHODS, Question
from advlab.errors import ParameterError
from tests.networks import fill, linear, pictures, wrap

SIZE = (3, 16, 16)


class Normalise(nn.Module):
    def forward(self, x):
        return (x - 0.4) / 0.3


def relu_network():
    with torch.random.fork_rng(devices=[]):
        network = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
            nn.Flatten(), nn.Linear(8, 5),
        )  # fmt: skip
    return fill(network, gain=2.0)


@pytest.fixture(name="pair")
def _pair():
    """A question, and what Captum is given."""
    network = relu_network()
    classifier = wrap(network, 5, SIZE, mean=[0.4], std=[0.3])
    return Question(classifier, pictures(1, SIZE)[0], 2), nn.Sequential(Normalise(), network)


def direct(name, q, model):
    x = q.image.unsqueeze(0).clone().requires_grad_()
    match name:
        case "saliency":
            return captum.attr.Saliency(model).attribute(x, 2)
        case "input_x_gradient":
            return captum.attr.InputXGradient(model).attribute(x, 2)
        case "integrated_gradients":
            return captum.attr.IntegratedGradients(model).attribute(x, 0.0, 2, n_steps=20)
        case "grad_cam":
            coarse = captum.attr.LayerGradCam(model, model[1][3]).attribute(x, 2, relu_attributions=True)
            return captum.attr.LayerAttribution.interpolate(coarse, SIZE[1:], "bilinear")
        case "guided_grad_cam":
            warnings.filterwarnings("ignore", "Setting backward hooks on ReLU")
            return captum.attr.GuidedGradCam(model, model[1][3]).attribute(x, 2)
        case "occlusion":
            return captum.attr.Occlusion(model).attribute(x, (3, 2, 2), (3, 1, 1), 0.0, 2).mean(1, keepdim=True)
    raise AssertionError(name)


@pytest.mark.parametrize(
    "name", ["saliency", "input_x_gradient", "integrated_gradients", "grad_cam", "guided_grad_cam", "occlusion"]
)
def test_it_is_what_captum_says_of_the_plain_module(name, pair):
    q, model = pair
    ours, theirs = METHODS[name](q), direct(name, q, model)[0].detach()
    assert float(theirs.abs().max()) > 0
    torch.testing.assert_close(ours.values, theirs, atol=1e-5, rtol=1e-4)
    assert ours.signed or float(ours.values.min()) >= 0


def test_smooth_grad_without_noise_is_saliency(pair):
    q, _ = pair
    still = Question(q.classifier, q.image, 2, spread=0.0)
    torch.testing.assert_close(METHODS["smooth_grad"](still).values, METHODS["saliency"](q).values)
    assert not torch.allclose(METHODS["smooth_grad"](q).values, METHODS["saliency"](q).values)


@pytest.mark.parametrize("name", ["input_x_gradient", "integrated_gradients"])
def test_on_a_linear_network_each_pixel_gets_what_it_adds(name):
    classifier = linear(SIZE, 3)
    image = pictures(1, SIZE)[0]
    exact = classifier.module.weight[1].reshape(SIZE) * image
    found = METHODS[name](Question(classifier, image, 1))
    torch.testing.assert_close(found.values, exact.detach(), atol=1e-5, rtol=1e-4)
    assert found.delta is None or abs(found.delta) < 1e-3


def test_gradient_shap_of_a_linear_network_is_the_mean_over_both_baselines():
    classifier = linear(SIZE, 3)
    image = pictures(1, SIZE)[0]
    exact = classifier.module.weight[1].reshape(SIZE) * (image - 0.5)
    found = METHODS["gradient_shap"](Question(classifier, image, 1)).values
    torch.testing.assert_close(found, exact.detach(), atol=1e-5, rtol=1e-4)


def test_the_delta_of_integrated_gradients_is_what_is_not_explained(pair):
    q, _ = pair
    found = METHODS["integrated_gradients"](q)
    with torch.no_grad():
        ends = q.classifier(torch.stack([q.image, torch.zeros_like(q.image)]))[:, 2]
    assert found.delta == pytest.approx(float(found.values.sum() - (ends[0] - ends[1])), abs=1e-4)


@pytest.mark.parametrize("name", METHODS)
def test_the_same_question_has_the_same_answer_and_another_class_another(name, pair):
    q, _ = pair
    first = METHODS[name](q).values
    assert torch.equal(first, METHODS[name](q).values)
    assert first.shape[1:] == q.image.shape[1:]
    assert first.isfinite().all()
    assert not torch.allclose(first, METHODS[name](Question(q.classifier, q.image, 3)).values)


@pytest.mark.parametrize("name", METHODS)
def test_what_tick_raises_ends_the_work(name, pair):
    class StopError(Exception): ...

    def tick():
        raise StopError

    q, _ = pair
    with pytest.raises(StopError):
        METHODS[name](Question(q.classifier, q.image, 2, tick=tick))


def test_other_peoples_gradients_stay_right_meanwhile():
    """With hooks on the shared network nearly all of them would be wrong."""
    classifier = wrap(relu_network(), 5, SIZE)
    image = pictures(1, SIZE)[0]

    def gradient():
        x = image.unsqueeze(0).clone().requires_grad_()
        return torch.autograd.grad(F.cross_entropy(classifier(x), torch.tensor([1])), x)[0]

    right, done, begun = gradient(), threading.Event(), threading.Event()

    def explain():
        while not done.is_set():
            for name in ("guided_grad_cam", "grad_cam"):
                METHODS[name](Question(classifier, image, 1))
            begun.set()

    people = [threading.Thread(target=explain) for _ in range(2)]
    for person in people:
        person.start()
    try:
        assert begun.wait(60)
        wrong = sum(not torch.equal(gradient(), right) for _ in range(300))
    finally:
        done.set()
        for person in people:
            person.join()
    assert wrong == 0


def test_methods_are_offered_where_they_mean_something():
    assert attribution.suited(wrap(relu_network(), 5, SIZE)) == tuple(METHODS)
    assert "grad_cam" not in attribution.suited(linear(SIZE, 2))
    lite = models.load("efficientnet_lite0")
    assert "guided_grad_cam" not in attribution.suited(lite)
    assert "grad_cam" in attribution.suited(lite)
    with pytest.raises(ParameterError, match="ReLU"):
        METHODS["guided_grad_cam"](Question(lite, torch.zeros(lite.input_size), 0))


def test_a_layer_can_be_named(pair):
    q, _ = pair
    names = [layer.name for layer in maps.layers(q.classifier)]
    early = METHODS["grad_cam"](Question(q.classifier, q.image, 2, layer=names[0])).values
    assert not torch.allclose(early, METHODS["grad_cam"](q).values)


def test_impossible_numbers_are_a_sentence(pair):
    q, _ = pair
    with pytest.raises(ParameterError, match="does not fit"):
        METHODS["occlusion"](Question(q.classifier, q.image, 2, window=17))
    with pytest.raises(ParameterError, match="at least one sample"):
        METHODS["smooth_grad"](Question(q.classifier, q.image, 2, samples=0))
