"""Pictures that are made on other models: what is asked of whom, what is said, and what makes no sense."""

import json

import numpy as np
import pytest
import torch

import advlab
from advlab import attacks
from advlab.core.attack import Access, Objective
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.core.service import Service
from advlab.data.samples import sample
from advlab.errors import ParameterError, ThreatError
from advlab.serving import crafting, lab
from advlab.serving.exports import command, files, report, script
from advlab.serving.exports.requests import read_request
from advlab.serving.notes import notes
from advlab.serving.outcome import Verdict, sentence

PLAIN = {
    "picture": "sample:digit-7",
    "model": "mnist_distilled",
    "sources": ("mnist_standard", "mnist_pgd"),
    "attack": "mi_fgsm",
    "norm": Norm.LINF,
    "eps": 0.3,
    "parameters": {"steps": 3},
}
TITLES = "Digits · standard and Digits · PGD-trained"


@pytest.fixture(scope="module")
def outcome():
    return lab.run(AttackRequest(**PLAIN), sample("digit-7").picture())


def test_it_is_the_attack_on_the_ensemble_judged_by_the_victim(outcome):
    victim, *sources = (advlab.load(name, "cpu") for name in (PLAIN["model"], *PLAIN["sources"]))
    x = victim.prepare(sample("digit-7").picture())
    found = advlab.attack(
        advlab.ensemble(sources), x, "mi_fgsm", eps=0.3, steps=3, early_stop=False, judge=victim
    )  # fmt: skip
    assert np.array_equal(outcome.unrounded, found.adversarial[0].numpy())
    assert outcome.after.index == int(
        victim(torch.from_numpy(outcome.adversarial).permute(2, 0, 1)[None] / 255).argmax()
    )


def test_the_model_is_asked_once_and_the_sources_are_booked_apart(outcome):
    crafted = outcome.crafted
    assert (outcome.queries, outcome.gradients) == (1, 0)
    assert crafted.queries >= crafted.gradients == 3
    assert f"Made on {TITLES}, tried once on Digits · distilled." in sentence(outcome)
    assert any("asked once" in note and TITLES in note for note in notes(outcome))


def test_a_file_that_does_not_carry_over_says_so():
    held = lab.run(
        AttackRequest(**PLAIN | {"eps": 1 / 255, "model": "mnist_pgd", "sources": ("mnist_standard",)}),
        sample("digit-7").picture(),
    )
    assert held.verdict is Verdict.HELD
    assert not held.crafted.fooled
    assert "It does not fool the model that it was made on, either." in sentence(held)


def test_no_export_drops_the_sources(outcome):
    names = ",".join(PLAIN["sources"])
    assert f"--through {names}" in command.cli(outcome, "")
    assert "judge=classifier" in script.script(outcome, "")
    assert outcome.execution.source_digest in script.script(outcome, "")
    assert TITLES in report.html(outcome, "A seven")
    said = json.loads(files.as_json(outcome))
    assert said["result"]["crafted"]["queries"] == outcome.crafted.queries
    for text, name in ((files.as_json(outcome), "a.json"), (files.as_yaml(outcome), "a.yaml")):
        assert read_request(text, name) == files.complete(outcome.request)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"attack": "cw", "norm": Norm.L2, "parameters": {}}, "stops at the boundary"),
        ({"attack": "hopskipjump", "norm": Norm.L2, "parameters": {}}, "walks along the boundary"),
        ({"attack": "autoattack", "parameters": {}}, "asks the attacked model again"),
        ({"early_stop": True}, "tried once"),
        ({"service": Service(top=1)}, "hide nothing"),
        ({"sources": ("mnist_pgd", "mnist_pgd")}, "named twice"),
        ({"sources": ("mnist_distilled",)}, "no transfer"),
        ({"sources": ("cifar10_pgd",)}, "different classes"),
        ({"sources": ("own:abc",)}, "your weights"),
        ({"sources": ("mnist_standart",)}, "Did you mean"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(changes, said):
    request = AttackRequest(**PLAIN | changes)
    with pytest.raises((ParameterError, ThreatError), match=said):
        crafting.check(request)


def test_attacks_that_were_made_for_it_come_first():
    names = list(crafting.suited())
    assert names.index("mi_fgsm") < names.index("pgd") < names.index("square")
    left_out = {name for name, kind in attacks.general().items() if name not in names}
    assert all(
        kind.objective is Objective.MINIMAL or kind.access is Access.LABEL or name == "autoattack"
        for name, kind in attacks.general().items() if name in left_out
    )  # fmt: skip
