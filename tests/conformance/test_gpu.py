"""On a GPU the same requests find the same: run where there is one."""

import pytest
import torch

import advlab
from advlab.core.classifier import Execution
from advlab.data.samples import SAMPLES, sample

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this machine"),
]
SETTINGS = {
    "fgsm": {"eps": 4 / 255},
    "pgd": {"eps": 2 / 255, "steps": 10},
    "cw": {"steps": 30, "search_steps": 3, "initial_const": 1.0},
    "square": {"eps": 8 / 255, "steps": 100},
    "hopskipjump": {"max_queries": 400},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_gpu_finds_what_the_cpu_finds(name: str) -> None:
    results = []
    for device in ("cpu", "cuda"):
        classifier = advlab.load("efficientnet_lite0", device)
        x = torch.cat([classifier.prepare(sample(one).picture()) for one in SAMPLES])
        r = advlab.attack(classifier, x, name, **SETTINGS[name])
        assert r.adversarial.device.type == device
        results.append(r)
    assert torch.equal(results[0].label_before, results[1].label_before.cpu())
    assert int((results[0].success != results[1].success.cpu()).sum()) <= 1


def test_bf16_search_is_confirmed_in_float32() -> None:
    classifier = advlab.load("efficientnet_lite0", "cuda", execution=Execution(precision="bf16"))
    x = torch.cat([classifier.prepare(sample(one).picture()) for one in SAMPLES])
    r = advlab.attack(classifier, x, "pgd", eps=2 / 255)
    assert torch.equal(classifier(r.adversarial).argmax(1), r.label_after)
    assert r.success.any()
