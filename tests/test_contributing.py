"""The examples in CONTRIBUTING.md are whole: what they show works as it stands."""

import re
from pathlib import Path

import advlab
from advlab import attacks, training
from tests import networks
from tests.training import toys

TEXT = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def run(example):
    exec(compile(example, "CONTRIBUTING.md", "exec"), {"__name__": "example"})  # noqa: S102 - our own text


def test_the_attack_attacks():
    run(next(text for text in EXAMPLES if "attacks import register" in text))
    try:
        classifier = networks.linear((1, 4, 4))
        x = networks.pictures(8, (1, 4, 4), low=0.4, high=0.6)
        assert bool(advlab.attack(classifier, x, "noise", eps=0.5, steps=50).success.any())
    finally:
        attacks.registry.remove("noise")


def test_the_training_method_trains(tmp_path):
    run(next(text for text in EXAMPLES if "class Mixup" in text))
    try:
        trained = training.train(toys.recipe("mixup", epochs=6), toys.stripes(), tmp_path)
        assert trained.epochs[-1].clean > 0.9
    finally:
        training.registry.remove("mixup")
