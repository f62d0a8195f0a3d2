"""Weights of your own, as the command line is told about them."""

from pathlib import Path

from advlab import models
from advlab.cli import values
from advlab.cli.base import console
from advlab.errors import InputError, ParameterError

_MARKS = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "[yellow]![/yellow]"}


def add(
    weights: Path,
    *,
    architecture: str | None,
    classes: int | None,
    labels: Path | None,
    size: str,
    mean: str | None,
    std: str | None,
    crop: float,
) -> str:
    """The model's name, after a look at what is wrong with it.

    Raises:
        ParameterError: something was left out. InputError, ModelError: a file cannot be used.
    """
    if architecture is None:
        raise ParameterError("Say which network the weights are for: --architecture torchvision:resnet18.")
    if labels is None and classes is None:
        raise ParameterError("Say how many classes the network has: --classes 10, or --labels names.txt.")
    names = None if labels is None else _labels(labels)
    if names is not None and classes is not None and len(names) != classes:
        raise ParameterError(
            f"{labels} names {len(names)} classes and --classes says {classes}: leave one of them out."
        )
    shape = values.size(size)
    card = models.add_own(
        weights,
        architecture=architecture,
        labels=names or classes or 0,
        input_size=shape,
        mean=_channels(mean, "--mean", shape[0]),
        std=_channels(std, "--std", shape[0]),
        crop=crop,
        title=weights.stem,
    )
    for check in models.preflight(models.load(card.name)):
        if check.ok is not True:
            console.print(f"{_MARKS[check.ok]} {check.sentence}", highlight=False)
    return card.name


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
