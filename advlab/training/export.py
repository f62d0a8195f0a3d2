"""From a finished training to a file that anybody can load."""

import copy
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

import advlab._version as version
from advlab.training.loop import Trained
from advlab.training.recipe import Recipe

WEIGHTS = "weights.safetensors"
SUMMARY = "training.json"

# Robust accuracy wavers by this much when the last bit of a weight changes, because the attack does.
_NOISE = 0.01


def export(trained: Trained, recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Write `weights.safetensors`, which says itself how it is to be used, and `training.json`; gives the latter.

    Weights are stored as float16, which halves the file, where no held-out image is lost by it.
    """
    held_out = trained.held_out
    state = {key: tensor.cpu().contiguous() for key, tensor in trained.network.state_dict().items()}
    half = {key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in state.items()}
    exact = _accuracy(trained, state)
    rounded = _accuracy(trained, half)
    lost = [old - new for new, old in zip(rounded, exact, strict=True)]
    unchanged = not lost[0] > 0 and not lost[1] > _NOISE
    stored, (clean, robust) = (half, rounded) if unchanged else (state, exact)
    summary: dict[str, Any] = {
        "title": recipe.title,
        "architecture": recipe.architecture,
        "labels": list(held_out.images.names),
        "input_size": list(held_out.images.size),
        "mean": list(held_out.preprocessing.mean or ()),
        "std": list(held_out.preprocessing.std or ()),
    }
    save_file(stored, folder / WEIGHTS, metadata={"advlab": json.dumps(summary, ensure_ascii=False)})
    summary |= {
        "recipe": recipe.model_dump(mode="json"),
        "epoch": trained.chosen,
        "held_out": {"images": len(held_out.images), "clean": clean, "attacked": held_out.checked, "robust": robust},
        "dtype": "float16" if unchanged else "float32",
        "parameters": sum(parameter.numel() for parameter in trained.network.parameters()),
        "seconds": round(sum(epoch.seconds for epoch in trained.epochs)),
        "device": _device(trained),
        "versions": {"advlab": version.__version__, "torch": torch.__version__},
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=True)
    (folder / SUMMARY).write_text(text, encoding="utf-8")
    return summary


def _accuracy(trained: Trained, state: dict[str, Tensor]) -> tuple[float, float]:
    network = copy.deepcopy(trained.network)
    network.load_state_dict(state)
    return trained.held_out.accuracy(trained.held_out.classifier(network))


def _device(trained: Trained) -> str:
    device = next(trained.network.parameters()).device
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{device.type}, {threads} thread{'s' if threads > 1 else ''}"
