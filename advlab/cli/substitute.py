"""The command that copies a model by asking it, and attacks it with the copy."""

from pathlib import Path
from typing import Annotated

import torch
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column, Table
from typer import Argument, Option

from advlab import models
from advlab.cli import values
from advlab.cli.base import app, console
from advlab.data.sources import open_picture
from advlab.errors import InputError, ParameterError
from advlab.models.shipped import Count
from advlab.programs.transfer import white_box
from advlab.serving.blackbox import seeds as pictures
from advlab.serving.blackbox.substitute import Copied, SubstituteRequest, learn
from advlab.serving.exports import copied


@app.command("substitute")
def substitute(  # noqa: PLR0917 - each is an option of the command
    model: Annotated[str, Argument(help="The victim; see `python -m advlab models`.")],
    seeds: Annotated[str, Option(help="A folder of pictures, or samples: what our code draws.")] = "samples",
    count: Annotated[int, Option(help="Pictures to begin with.")] = 150,
    rounds: Annotated[int, Option(help="After each the attacker's set grows.")] = 6,
    epochs: Annotated[int, Option(help="Of training, in each round.")] = 10,
    doubling: Annotated[int, Option(help="The set doubles so many times; then 400 new pictures a round.")] = 3,
    most_queries: Annotated[int, Option(help="Not one question more is asked.")] = 6400,
    answers: Annotated[str, Option(help="labels or scores.")] = "labels",
    attack: Annotated[list[str] | None, Option(help="On the copy: fgsm, mi_fgsm, pgd, …; several times.")] = None,
    eps: Annotated[str | None, Option(help="Radius in L∞: 8/255; that of the model's card if left out.")] = None,
    picture: Annotated[str | None, Option(help="A picture to attack too: a file, or sample:NAME.")] = None,
    seed: Annotated[int, Option(help="Same seed, same copy on the same machine.")] = 0,
    out: Annotated[Path | None, Option(help="A file for the copy's weights: substitute.safetensors.")] = None,
    csv: Annotated[Path | None, Option(help="A folder for rounds.csv and transfers.csv.")] = None,
    threads: Annotated[int | None, Option(min=1, help="Of PyTorch, on a CPU.")] = None,
) -> None:
    """Copy a model by asking it, then attack it with the copy's gradient."""
    if threads is not None:
        torch.set_num_threads(threads)
    card = models.card(model)
    chosen = tuple(attack or ("fgsm", "mi_fgsm", "pgd"))
    unknown = [name for name in chosen if name not in white_box()]
    if unknown:
        raise ParameterError(f"“{unknown[0]}” is not made on a copy; there are: {', '.join(white_box())}.")
    radius = values.number(eps) if eps else (card.shipped.eps if card.shipped else 8 / 255)
    brought = None if seeds == "samples" else pictures.of_folder(models.load(model), Path(seeds).expanduser())
    shown = picture or pictures.first(card.labels())
    request = SubstituteRequest.checked(
        picture=shown, model=model, pictures=seeds, seeds=count, rounds=rounds, epochs=epochs, doubling=doubling,
        most_queries=most_queries, answers=answers, attacks=chosen, eps=radius, seed=seed,
    )  # fmt: skip
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f}%")
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("asking", total=1.0)

        def show(found: Copied) -> None:
            now = found.points[-1]
            bar.update(task, completed=found.done, description=f"round {now.number}, {now.queries:,} questions")

        found = learn(request, open_picture(shown), brought, show)
    if found is None:
        raise InputError("There is nothing to show.")
    _print(found)
    _write(found, out, csv)


def _print(found: Copied) -> None:
    table = Table("round", *(Column(name, justify="right") for name in ("questions", "pictures", "agreement")))
    for one in found.rounds:
        table.add_row(str(one.number), f"{one.queries:,}", f"{one.images:,}", _cell(one.agreement))
    console.print(table)
    console.print(f"Agreement on {found.others}; begun with {found.seeds} pictures: {found.rule}.", highlight=False)
    names = ("fools the copy", "fools the victim", "with its own gradient", "the picture")
    table = Table("attack", *(Column(name, justify="right") for name in names))
    for row in found.attacked:
        counts = map(_cell, (row.on_itself, row.on_victim, row.ceiling))
        table.add_row(row.attack, *counts, f"{'fooled' if row.single.fooled else 'held'}: {row.single.says.label}")
    console.print(table)
    console.print(found.sentence, highlight=False)


def _cell(count: Count | None) -> str:
    if count is None:
        return "–"
    low, high = count.interval
    return f"{count.share:.1%} [{low:.0%}–{high:.0%}]"


def _write(found: Copied, out: Path | None, folder: Path | None) -> None:
    """The weights, and the numbers.

    Raises:
        InputError: a file cannot be written.
    """
    contents = {} if out is None or found.weights is None else {out: found.weights}
    if folder is not None:
        contents[folder / "rounds.csv"] = copied.rounds(found).encode()
        contents[folder / "transfers.csv"] = copied.transfers(found).encode()
    for file, data in contents.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        except OSError as error:
            raise InputError(f"Cannot write {file}: {error.strerror or error}.") from error
        console.print(f"Written: {file}", highlight=False, markup=False)
