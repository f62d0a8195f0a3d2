"""The command that trains a network."""

import math
from pathlib import Path
from typing import Annotated, Any

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from typer import Exit, Option

from advlab import training
from advlab.cli import values
from advlab.cli.base import app, console
from advlab.data import sets
from advlab.errors import ParameterError
from advlab.models.cache import find_device
from advlab.training.export import WEIGHTS
from advlab.training.method import Epoch

_STOPPED = 130


@app.command("recipes")
def list_recipes() -> None:
    """The recipes that come with the project, and the methods that a recipe can name."""
    table = Table(Column("recipe", no_wrap=True), "method", "network", "data", "epochs")
    for name in training.names():
        recipe = training.Recipe.of(training.values(name))
        network = recipe.architecture.partition(":")[2]
        table.add_row(name, recipe.training.title, network, recipe.data, str(recipe.epochs))
    console.print(table)
    console.print(f"Methods: {', '.join(training.registry.all())}.", highlight=False)


@app.command("train")
def train(  # noqa: PLR0917 - each is an option of the command
    recipe: Annotated[str | None, Option(help="See `python -m advlab recipes`, or a YAML file of your own.")] = None,
    data: Annotated[
        str | None,
        Option(help="torchvision:CIFAR10, or a folder with train.parquet, or with train/ and a folder for each class."),
    ] = None,
    out: Annotated[Path | None, Option(help="Folder for weights and state; a training begun there goes on.")] = None,
    epochs: Annotated[int | None, Option(help="Times that each image is learned.")] = None,
    architecture: Annotated[str | None, Option(help="advlab:preact_resnet8_w32, torchvision:resnet18, timm:….")] = None,
    method: Annotated[str | None, Option(help="standard, fast, pgd, trades, distillation, noise.")] = None,
    eps: Annotated[str | None, Option(help="Radius of training attacks in L∞: 8/255, or 0.3.")] = None,
    size: Annotated[str | None, Option(help="Pixels of a side to bring the images to; or 1x28x28.")] = None,
    batch_size: Annotated[int | None, Option(help="Images learned at once.")] = None,
    learning_rate: Annotated[float | None, Option(help="At its highest.")] = None,
    seed: Annotated[int | None, Option(help="Same seed, same weights on the same machine.")] = None,
    settings: Annotated[
        list[str] | None, Option("--set", help="Anything else of a recipe: --set method.steps=5 --set ema=0.")
    ] = None,
    device: Annotated[str | None, Option(help="cpu, cuda, cuda:1, mps; the best one if left out.")] = None,
    threads: Annotated[int | None, Option(min=1, help="Of PyTorch, on a CPU.")] = None,
) -> None:
    """Train a network, undefended or robust; stopped or killed, the same command goes on."""
    if threads is not None:
        torch.set_num_threads(threads)
    given = {
        "data": data,
        "epochs": epochs,
        "architecture": architecture,
        "eps": eps,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
    }
    wanted = _recipe(recipe, method, size, {key: value for key, value in given.items() if value is not None}, settings)
    folder = out or Path("trained") / (Path(recipe).stem if recipe else wanted.training.name)
    where = find_device(device)
    images = sets.read(wanted.data, "train", wanted.size)
    console.print(
        f"{wanted.training.title}, {wanted.architecture}, {len(images):,} images of {len(images.names)} classes, "
        f"{wanted.epochs} epochs, on {where}, into {folder}",
        highlight=False,
        markup=False,
    )
    try:
        trained = _with_progress(wanted, images, folder, where)
    except KeyboardInterrupt:
        console.print("\nStopped. The same command goes on after the last finished epoch.")
        raise Exit(_STOPPED) from None
    summary = training.export(trained, wanted, folder)
    held_out = summary["held_out"]
    weights = folder / WEIGHTS
    console.print(
        f"Epoch {summary['epoch']} is kept: {_percent(held_out['clean'])} of {held_out['images']:,} held-out images, "
        f"{_percent(held_out['robust'])} of {held_out['attacked']:,} under PGD-10. "
        "They are to choose by; measure on test images.",
        highlight=False,
    )
    _whole(f"Weights: {weights} ({weights.stat().st_size / 1e6:.2g} MB, {summary['dtype']})")
    _whole(f"Try them: python -m advlab attack PICTURE --weights {weights} --eps {_eps(wanted)}")
    console.print("Or in the dashboard: Models, weights of your own.")


def _recipe(
    name: str | None, method: str | None, size: str | None, given: dict[str, Any], settings: list[str] | None
) -> training.Recipe:
    """The recipe with what the options change.

    Raises:
        ParameterError: something is missing, unknown or impossible.
    """
    if name is None and (method is None or "architecture" not in given or "data" not in given):
        raise ParameterError(
            "Give --recipe NAME (see `python -m advlab recipes`), or --data, --architecture and --method."
        )
    found: dict[str, Any] = {"epochs": 10, "learning_rate": 0.1} if name is None else training.values(name)
    found.update(given)
    if method is not None:
        found["method"] = {"name": method}
    if size is not None:
        found["size"] = values.size(size)
    for text in settings or []:
        key, value = values.assignment(text)
        _put(found, key.split("."), value)
    return training.Recipe.of(found)


def _put(found: dict[str, Any], path: list[str], value: object) -> None:
    for key in path[:-1]:
        found[key] = dict(found.get(key) or {})
        found = found[key]
    found[path[-1]] = value


def _with_progress(
    recipe: training.Recipe, images: sets.ImageSet, folder: Path, device: torch.device
) -> training.Trained:
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=None, now="")

        def report(p: training.Progress) -> None:
            stage = f"{p.stage}, " if p.stage else ""
            words = f"{stage}epoch {p.epoch} of {p.epochs}"
            done = (p.epoch - 1) * p.batches + p.batch
            now = f"loss {p.loss:.3f}, {_percent(p.seen)}"
            bar.update(task, description=words, completed=done, total=p.epochs * p.batches, now=now)
            if p.finished is not None:
                bar.console.print(f"{words}: {_line(p.finished)}", highlight=False)
            if p.alarm is not None:
                bar.console.print(f"[bold red]Stopped.[/bold red] {p.alarm}", highlight=False)

        return training.train(recipe, images, folder, device=device, report=report)


def _line(epoch: Epoch) -> str:
    return (
        f"loss {epoch.loss:.3f}, {_percent(epoch.seen)} of what it learned; held out: {_percent(epoch.clean)} clean, "
        f"{_percent(epoch.robust)} under PGD-10; {epoch.seconds:.0f} s"
    )


def _whole(line: str) -> None:
    """A line that can be copied: not broken where the window ends."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.1%}"


def _eps(recipe: training.Recipe) -> str:
    whole = recipe.eps * 255
    return f"{whole:.0f}/255" if abs(whole - round(whole)) < 1e-9 else f"{recipe.eps:g}"
