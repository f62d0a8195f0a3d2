"""Explanations, their trust and the attack on them, as jobs bring them."""

import numpy as np
import pytest
import torch

from advlab import models
from advlab.analysis import attribution
from advlab.analysis.attribution import Question
from advlab.core.request import AttackRequest
from advlab.data.samples import sample
from advlab.errors import AdvlabError
from advlab.serving import lab
from advlab.serving.explain import bending, explanation, methods, trust
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.explain.trust import Trust

MODEL, STOP = "signs_standard", 14


@pytest.fixture(scope="module")
def outcome():
    request = AttackRequest(
        picture="sample:stop", model=MODEL, attack="pgd", norm="linf", eps=8 / 255, parameters={"steps": 5}
    )
    return lab.run(request, sample("stop").image)


def asked(method="saliency", **more):
    return ExplainRequest(picture="sample:stop", **({"model": MODEL, "index": STOP, "method": method} | more))


def test_an_explanation_is_what_the_method_says_of_that_very_picture(outcome):
    image = sample("stop").image
    for run in ("", "first"):
        found = explanation.explain(asked(run=run), image, outcome)
        pixels = outcome.adversarial if run else outcome.clean
        assert np.array_equal(found.pixels, pixels)
        x = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
        direct = attribution.saliency(Question(models.load(MODEL), x, STOP))
        assert torch.allclose(torch.from_numpy(found.values), direct.values, rtol=1e-4, atol=1e-6)
        assert found.opinion.label == (outcome.after.label if run else "Stop")


def test_occlusion_goes_from_coarse_to_fine():
    drafts = []
    found = explanation.explain(asked("occlusion"), sample("stop").image, show=drafts.append)
    assert [draft.window for draft in drafts] == [12, 6, 3]
    assert found is drafts[-1]


def test_stop_keeps_what_there_is():
    drafts = []
    image = sample("stop").image
    found = explanation.explain(asked("occlusion"), image, show=drafts.append, should_stop=lambda: bool(drafts))
    assert found is drafts[-1]
    assert found.window == 12
    assert explanation.explain(asked(), image, should_stop=lambda: True) is None
    assert bending.bend(asked(), image, 8 / 255, should_stop=lambda: True) is None
    whole = explanation.explain(asked(), image)
    assert trust.measure(whole, image, None, should_stop=lambda: True) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"method": "magic"}, "no method"),
        ({"index": 43}, "no class"),
        ({"run": "lost"}, "not at hand"),
        ({"method": "grad_cam", "layer": "nowhere"}, "no map"),
        ({"method": "guided_grad_cam", "model": "efficientnet_lite0"}, "ReLU"),
    ],
)
def test_what_cannot_be_explained_gets_a_sentence(changes, sentence):
    with pytest.raises(AdvlabError, match=sentence):
        explanation.explain(asked(**changes), sample("stop").image)


def test_an_attacked_picture_of_another_size_is_refused(outcome):
    with pytest.raises(AdvlabError, match="another size"):
        explanation.explain(asked(model="efficientnet_lite0", run="first"), sample("stop").image, outcome)


def test_every_method_is_described_and_only_those_that_mean_something_are_offered():
    assert set(methods.METHODS) == set(attribution.METHODS)
    assert "guided_grad_cam" not in methods.suited("efficientnet_lite0")
    offered = methods.suited(MODEL)
    assert [methods.METHODS[name].quick for name in offered] == sorted(
        (methods.METHODS[name].quick for name in offered), reverse=True
    )
    assert methods.layers(MODEL)


def test_trust_is_measured_and_said():
    image = sample("stop").image
    found = trust.measure(explanation.explain(asked(), image), image, None)
    assert 0 <= found.unexplained <= 1.5
    assert found.moves > 0
    assert "Yeh" in found.sentence
    again = trust.measure(explanation.explain(asked(), image), image, None)
    assert again == found, "nothing is drawn from a global generator"


@pytest.mark.parametrize(
    ("unexplained", "moves", "sign"), [(0.2, 0.1, "✓"), (0.2, 0.4, "!"), (0.8, 0.1, "!"), (0.8, 0.4, "✕")]
)
def test_the_badge_says_what_the_numbers_say(unexplained, moves, sign):
    assert Trust(unexplained, 0.8, moves).badge.startswith(sign)
    assert Trust(None, None, None).badge.startswith("✕")


@pytest.mark.parametrize("towards", [None, "give-way"])
def test_a_bent_explanation_keeps_the_answer_and_the_budget(towards):
    other = sample(towards).image if towards else None
    drafts = []
    found = bending.bend(asked(), sample("stop").image, 8 / 255, other, show=drafts.append)
    assert [draft.step for draft in drafts] == list(range(bending.STEPS + 1))
    assert found.says.label == "Stop"
    assert np.abs(found.bent.astype(int) - found.clean).max() <= 8
    assert found.size == pytest.approx(np.abs(found.bent.astype(int) - found.clean).max() / 255, abs=1e-6)
    if towards is None:
        assert found.likeness.overlap < 0.3
    else:
        assert found.agreement > drafts[0].agreement + 0.2


def test_equal_requests_have_equal_keys_and_others_have_not():
    base = asked()
    others = [asked("grad_cam"), asked(run="x"), asked(samples=3), asked(layer="a"), asked(seed=1)]
    assert len({one.key("pixels") for one in (base, *others)}) == 6
    assert base.key("pixels") == asked().key("pixels") != base.key("other pixels")
