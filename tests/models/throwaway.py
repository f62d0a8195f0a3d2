"""Networks with random weights and the files that a trained one has, for tests; nothing of it is kept."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import save

from advlab import models
from advlab.models import architectures
from advlab.models.card import broken, registry
from advlab.models.cards import shipped

ARCHITECTURE = "advlab:preact_resnet8_w16"
RESULTS = {
    "clean": {"correct": 3870, "of": 4000},
    "pgd": {"correct": 730, "of": 1000, "steps": 100, "restarts": 5},
    "autoattack": {"correct": 340, "of": 500, "version": "official, a392200"},
}
PAIR = ("try_standard", "try_pgd")


def weights(seed=0, classes=4, size=(3, 32, 32), dtype=torch.float16, *, steady=False):
    """A safetensors file of random weights that neither vanish nor overflow; `steady` ones always say the first."""
    network = architectures.network(ARCHITECTURE, classes, size)
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, own in network.state_dict().items():
        if not own.is_floating_point():
            state[key] = torch.zeros(own.shape, dtype=own.dtype)
        elif own.dim() > 1:
            state[key] = torch.randn(own.shape, generator=generator) * own[0].numel() ** -0.5
        else:
            state[key] = torch.full(own.shape, float(key.endswith(("weight", "var"))))
        if steady and own.shape[:1] == (classes,):
            state[key] = state[key] / 1000 if own.dim() > 1 else torch.eye(classes)[0]
        state[key] = state[key].to(dtype) if own.is_floating_point() else state[key]
    return save(state)


def about(name, content, **changes):
    """What the JSON of a network says."""
    standard = name.endswith("_standard")
    return {
        "name": name,
        "title": f"Trial · {'standard' if standard else 'PGD-trained'}",
        "summary": "A network for tests, with weights that were drawn.",
        "family": "Trials",
        "dataset": "Drawn data",
        "data_note": "It was never trained on anything.",
        "labels": ["stop", "give way", "no entry", "priority road"],
        "input_size": [3, 32, 32],
        "mean": [0.5, 0.5, 0.5],
        "std": [0.25, 0.25, 0.25],
        "architecture": ARCHITECTURE,
        "method": "standard" if standard else "pgd",
        "recipe": name.replace("_", "-"),
        "command": f"python -m advlab train --recipe {name.replace('_', '-')} --data gtsrb",
        "seed": 0,
        "epochs": 14,
        "trained": "2 CPU cores, bf16, 11 minutes",
        "file": f"{name}.safetensors",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "dtype": "float16",
        "parameters": 78_000,
        "norm": "linf",
        "eps": 8 / 255,
        "licence": "MIT",
        "twin": PAIR[standard],
        "results": RESULTS if not standard else {**RESULTS, "pgd": {**RESULTS["pgd"], "correct": 3}},
        **changes,
    }


def write_pair(folder, **changes):
    """A network that is fooled and one that never is."""
    for name in PAIR:
        write(folder, name, weights(steady=name == "try_pgd"), **changes)


def write(folder, name, content=None, **changes):
    """Both files of a network."""
    content = weights(PAIR.index(name) if name in PAIR else 9) if content is None else content
    said = about(name, content, **changes)
    (folder / said["file"]).write_bytes(content)
    (folder / f"{name}.json").write_text(json.dumps(said))


class Shown:
    """The networks of a folder, in the catalogue until `hide`."""

    def __init__(self, folder):
        self._before = set(registry.all())
        shipped.register(folder)
        self.names = set(registry.all()) - self._before

    def hide(self):
        for name in self.names:
            registry.remove(name)
            models.cache.unload(name)
        broken.clear()


@pytest.fixture
def shelf(tmp_path):
    """Puts a folder of networks into the catalogue for one test."""
    shown = []

    def show(folder=tmp_path):
        shown.append(Shown(folder))
        return shown[-1]

    yield show
    for one in shown:
        one.hide()
