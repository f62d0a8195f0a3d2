"""`models --verify`: whether the numbers on a card are true."""

from dataclasses import replace
from pathlib import Path

from rich.progress import Progress as Bar
from rich.table import Table

from advlab import models
from advlab.cli.base import console
from advlab.data import sets
from advlab.errors import ParameterError
from advlab.evaluation.recount import Found, Recounter, agrees
from advlab.evaluation.running import Running
from advlab.evaluation.testset import as_named
from advlab.models.shipped import Count, Shipped


def verify(name: str, data: str | None, *, official: Path | None, keep: Path | None, device: str | None) -> bool:
    """Count every number of a card again and show both; whether all that could be counted agree.

    Args:
        name: of a network that we trained.
        data: as `advlab.data.sets.read` takes it.
        official: a folder with the official AutoAttack, without which its number is left alone.
        keep: a folder for verdicts: stopped or killed, the same command goes on.
        device: the best one if left out.

    Raises:
        ParameterError: the model has no numbers of ours, or no data was given.
    """
    shipped = _numbers(name)
    if data is None:
        raise ParameterError(f"Say where the test pictures are: --data FOLDER, with those of {shipped.dataset}.")
    split = as_named(sets.read(data, "test", shipped.input_size), shipped.labels)
    recounter = Recounter(models.load(name, device), split, shipped.norm, shipped.eps, official, keep)
    pairs = [(count, _again(recounter, count)) for count in shipped.results.counted]
    console.print(f"{shipped.title}, {shipped.norm.symbol} ε = {shipped.budget}", highlight=False, markup=False)
    console.print(_table(pairs))
    for count, found in pairs:
        for line in _remarks(count, found):
            console.print(line, highlight=False, markup=False)
    return all(found is None or agrees(count, found.count) for count, found in pairs)


def _numbers(name: str) -> Shipped:
    shipped = models.card(name).shipped
    if shipped is None:
        raise ParameterError(f"Only networks that were trained here have numbers to verify; {name} was not.")
    if not shipped.results.counted:
        raise ParameterError(f"There are no numbers on the card of {name} yet.")
    return shipped


def _again(recounter: Recounter, count: Count) -> Found | None:
    """The recount, with a bar."""
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task(count.kind, total=1.0)
        running = Running(progress=lambda done: bar.update(task, completed=done))
        return replace(recounter, running=running).again(count)


def _table(pairs: list[tuple[Count, Found | None]]) -> Table:
    table = Table(*("", "of", "card", "recounted", "95% interval", ""))
    for count, found in pairs:
        of, rate = f"{(found.count if found else count).of:,}", f"{count.share:.1%}"
        if found is None:
            table.add_row(count.kind, of, rate, "", "", "left alone")
            continue
        low, high = found.count.interval
        verdict = "[green]agrees[/green]" if agrees(count, found.count) else "[red]differs[/red]"
        table.add_row(count.kind, of, rate, f"{found.count.share:.1%}", f"{low:.1%} to {high:.1%}", verdict)
    return table


def _remarks(count: Count, found: Found | None) -> list[str]:
    if found is None:
        return [f"{count.kind}: give --autoattack FOLDER, a clone of fra31/auto-attack, to recount it."]
    settings = f", {count.details}" if count.details else ""
    return [f"{count.kind}{settings}: {found.rule}.", *found.remarks]
