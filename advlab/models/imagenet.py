"""The names of ImageNet's thousand classes."""

import importlib.util
from collections import Counter
from functools import cache
from pathlib import Path

from advlab.errors import ModelError
from advlab.models import libraries

# Two pairs of classes share their first name; one pair shares all of them.
_SAME_NAME = {134: "crane (bird)", 517: "crane (machine)", 638: "maillot", 639: "maillot (tank suit)"}


@cache
def labels() -> tuple[str, ...]:
    """A thousand different names, from timm's tables, read without the seconds that importing timm takes."""
    spec = importlib.util.find_spec("timm")
    if spec is None or spec.origin is None:
        raise ModelError("The class names come with timm, which is not installed: run “pip install timm”.")
    tables = Path(spec.origin).parent / "data" / "_info"
    synsets = (tables / "imagenet_synsets.txt").read_text("utf-8").split()
    lines = (tables / "imagenet_synset_to_lemma.txt").read_text("utf-8").splitlines()
    lemmas = dict(line.split("\t", 1) for line in lines if line)
    names = [lemmas[synset].split(",")[0] for synset in synsets]
    return tuple(_SAME_NAME.get(index, name) for index, name in enumerate(names))


@cache
def labels_of(classes: int) -> tuple[str, ...]:
    """Different names for so many classes, where the number tells which part of ImageNet they are; else numbers."""
    if classes == len(labels()):
        return labels()
    data = libraries.timm().data
    subset = data.infer_imagenet_subset({"num_classes": classes})
    if subset is None:
        return tuple(f"class {index}" for index in range(classes))
    info = data.ImageNetInfo(subset)
    first = [info.index_to_description(index).split(",")[0] for index in range(classes)]
    often = Counter(first)
    return tuple(
        name if often[name] == 1 else f"{name} ({info.index_to_label_name(index)})" for index, name in enumerate(first)
    )
