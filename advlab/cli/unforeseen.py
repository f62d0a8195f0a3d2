"""The command that puts networks against threats that they were not trained for."""

from pathlib import Path
from typing import Annotated

import torch
from rich.progress import Progress as Bar
from rich.table import Column, Table
from typer import Option

from advlab import models
from advlab.cli import values
from advlab.cli.base import app, console
from advlab.core.poses import Poses
from advlab.data import sets
from advlab.errors import InputError, ParameterError
from advlab.evaluation.running import Running
from advlab.evaluation.testset import as_named, choose
from advlab.evaluation.unforeseen import TITLES, Line, Radii, unforeseen
from advlab.serving.exports import threats


@app.command("unforeseen")
def compare(  # noqa: PLR0917 - each is an option of the command
    data: Annotated[str, Option(help="A folder with test pictures, or torchvision:CIFAR10.")],
    model: Annotated[list[str], Option(help="See `python -m advlab models`; give it several times.")],
    count: Annotated[int, Option(help="Test pictures.")] = 500,
    steps: Annotated[int, Option(help="Of PGD, in each norm.")] = 40,
    restarts: Annotated[int, Option(help="Of PGD.")] = 1,
    eps: Annotated[str | None, Option(help="Radius in L∞: 8/255; usual for such pictures if left out.")] = None,
    l2: Annotated[str | None, Option(help="Radius in L2, likewise.")] = None,
    l1: Annotated[str | None, Option(help="Radius in L1, likewise.")] = None,
    angles: Annotated[int, Option(help="Rotations of the grid, up to 30° either way; 31 in the paper.")] = 7,
    shifts: Annotated[int, Option(help="Translations along each side, up to a tenth of it; 5 in the paper.")] = 3,
    severity: Annotated[list[int] | None, Option(help="Of corruptions, 1 to 5; all of them if left out.")] = None,
    seed: Annotated[int, Option(help="Same seed, same table.")] = 0,
    device: Annotated[str | None, Option(help="cpu, cuda; the best one if left out.")] = None,
    threads: Annotated[int | None, Option(min=1, help="Of PyTorch, on a CPU.")] = None,
    keep: Annotated[Path | None, Option(help="A folder for verdicts, to go on after a stop.")] = None,
    out: Annotated[Path | None, Option("--csv", help="A file for all numbers, those of each corruption too.")] = None,
) -> None:
    """Networks against L∞, L2, L1, rotations and translations, and common corruptions: one table."""
    if threads is not None:
        torch.set_num_threads(threads)
    given = {"linf": eps, "l2": l2, "l1": l1}
    radii = _radii(model, {norm: values.number(text) for norm, text in given.items() if text is not None})
    severities = tuple(severity or (1, 2, 3, 4, 5))
    rule, found = "", dict[str, tuple[Line, ...]]()
    for name in dict.fromkeys(model):
        card = models.card(name)
        chosen = choose(as_named(sets.read(data, "test", card.input_size), card.labels()), count)
        with Bar(console=console, transient=True) as bar:
            task = bar.add_task(name, total=1.0)
            found[name] = tuple(unforeseen(
                models.load(name, device), chosen, radii, steps=steps, restarts=restarts,
                poses=Poses(angles=angles, shifts=shifts), severities=severities, seed=seed,
                running=Running(
                    journal=None if keep is None else keep / f"{name}.unforeseen.jsonl",
                    progress=lambda done, bar=bar, task=task: bar.update(task, completed=done),  # type: ignore[misc]
                ),
            ))  # fmt: skip
        rule = chosen.rule
    console.print(f"Right answers, and 95% intervals, on {rule}.", highlight=False, markup=False)
    console.print(_table(found))
    for line in next(iter(found.values())):
        if line.details:
            console.print(f"{TITLES[line.threat]}: {line.details}.", highlight=False, markup=False)
    for name, lines in found.items():
        for line in lines:
            if line.masked:
                console.print(
                    f"{name}, {TITLES[line.threat]}: {line.masked} pictures withstood an attack whose gradients were "
                    "mostly zero, which proves nothing.", highlight=False, markup=False,
                )  # fmt: skip
    if out is not None:
        _write(out, found)


def _radii(names: list[str], given: dict[str, float]) -> Radii:
    """Those that were given, and for the others what is usual for all these networks' pictures.

    Raises:
        ParameterError: the networks take different kinds of pictures.
    """
    usual = {Radii.usual(models.card(name).input_size) for name in names}
    if len(usual) > 1:
        raise ParameterError(f"{', '.join(names)} do not take the same kind of pictures: make a table of each kind.")
    return Radii(**{**vars(usual.pop()), **given})


def _table(found: dict[str, tuple[Line, ...]]) -> Table:
    shown = Table(Column("network", no_wrap=True), *TITLES.values())
    for name, lines in found.items():
        cells = {line.threat: _cell(line) for line in lines}
        shown.add_row(name, *(cells.get(threat, "") for threat in TITLES))
    return shown


def _cell(line: Line) -> str:
    low, high = line.interval
    return f"{line.share:.1%}\n{100 * low:.0f} to {high:.0%}"


def _write(file: Path, found: dict[str, tuple[Line, ...]]) -> None:
    """All lines, and below that of corruptions one for each kind.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        file.write_text(threats.csv(found), encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {file}: {error.strerror or error}.") from error
    console.print(f"Written: {file}", highlight=False, markup=False)
