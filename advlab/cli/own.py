"""Weights of your own, as the command line is told about them."""

from collections.abc import Sequence
from pathlib import Path

from advlab import models
from advlab.cli import values
from advlab.cli.base import console
from advlab.core.classifier import Preprocessing
from advlab.errors import InputError, ParameterError

# Pixels of a side, where nobody says it.
_USUAL = "224"
_MARKS = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "[yellow]![/yellow]"}


def add(
    weights: Path,
    *,
    architecture: str | None,
    classes: int | None,
    labels: Path | None,
    size: str | None,
    mean: str | None,
    std: str | None,
    crop: float,
) -> str:
    """The model's name, after a look at what is wrong with it. What is left out is what the file says of itself.

    Raises:
        ParameterError: something was left out. InputError, ModelError: a file cannot be used.
    """
    said = None if architecture is not None else _said(weights)
    if architecture is None and said is None:
        raise ParameterError("Say which network the weights are for: --architecture torchvision:resnet18.")
    names = None if labels is None else _labels(labels)
    if names is not None and classes is not None and len(names) != classes:
        raise ParameterError(
            f"{labels} names {len(names)} classes and --classes says {classes}: leave one of them out."
        )
    known: Sequence[str] | int | None = names or classes or (said.labels if said else None)
    if known is None:
        raise ParameterError("Say how many classes the network has: --classes 10, or --labels names.txt.")
    shape = said.input_size if said and size is None else values.size(size or _USUAL)
    how = said.preprocessing if said else Preprocessing()
    card = models.add_own(
        weights,
        architecture=said.architecture if said else str(architecture),
        labels=known,
        input_size=shape,
        mean=how.mean if mean is None else _channels(mean, "--mean", shape[0]),
        std=how.std if std is None else _channels(std, "--std", shape[0]),
        crop=crop,
        title=weights.stem,
    )
    for check in models.preflight(models.load(card.name)):
        if check.ok is not True:
            console.print(f"{_MARKS[check.ok]} {check.sentence}", highlight=False)
    return card.name


def _said(weights: Path) -> models.Settings | None:
    """What the file says of itself, shown before it counts."""
    said = models.proposal(weights)
    if said is not None:
        console.print(f"The file says of itself: {said.sentence}", highlight=False, markup=False)
    return said


def _labels(file: Path) -> tuple[str, ...]:
    try:
        return models.read_labels(file.read_bytes(), file.name)
    except OSError as error:
        raise InputError(f"Cannot read {file}: {error.strerror or error}.") from error


def _channels(text: str | None, option: str, channels: int) -> tuple[float, ...] | None:
    """One number for all channels, or one a channel with commas."""
    if text is None:
        return None
    numbers = tuple(values.number(part) for part in text.split(","))
    if len(numbers) not in {1, channels}:
        example = ",".join(["0.485", "0.456", "0.406"][:channels])
        raise ParameterError(f"Give {option} one number, or one a channel with commas: {option} {example}.")
    return numbers * (channels // len(numbers))
