"""Commands about models: what there is, and getting it here."""

from pathlib import Path
from typing import Annotated

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Column, Table
from typer import Argument, Exit, Option

from advlab import models
from advlab.cli.base import app, console
from advlab.cli.verify import verify
from advlab.models.shipped import Shipped
from advlab.serving import measured

_MOST_OF_TIMM = 12


@app.command("models")
def list_models(  # noqa: PLR0917 - each is an option of the command
    word: Annotated[str | None, Argument(help="Only names with this in them; a whole name shows its card.")] = None,
    everything: Annotated[bool, Option("--all", help="Those not on this computer too.")] = False,  # noqa: FBT002
    verified: Annotated[
        str | None, Option("--verify", metavar="NAME", help="Count the numbers on this card again; needs --data.")
    ] = None,
    data: Annotated[
        str | None, Option(help="Of --verify: a folder with test pictures, or torchvision:CIFAR10.")
    ] = None,
    autoattack: Annotated[Path | None, Option(help="Of --verify: a clone of the official AutoAttack.")] = None,
    keep: Annotated[Path | None, Option(help="Of --verify: a folder for verdicts, to go on after a stop.")] = None,
    device: Annotated[str | None, Option(help="Of --verify: cpu, cuda; the best one if left out.")] = None,
) -> None:
    """The models on this computer, or all there are; or whether the numbers on a card are true."""
    if verified is not None:
        raise Exit(0 if verify(verified, data, official=autoattack, keep=keep, device=device) else 1)
    for sentence in models.broken_cards.values():
        console.print(sentence, style="red", highlight=False, markup=False)
    here = models.on_this_computer()
    if word is not None and (word in here or ":" in word or word in models.catalogue()):
        _show(models.card(word))
        return
    cards = models.catalogue() if everything or word is not None else here
    found = {name: card for name, card in cards.items() if word is None or word.lower() in name}
    table = Table(
        Column("name", no_wrap=True), "input", Column("weights", justify="right"), "top-1", "attacked", "here"
    )
    for name, card in found.items():
        size = "×".join(map(str, card.input_size[1:]))
        yes = "yes" if name in here else ""
        table.add_row(name, size, _megabytes(card), _short(card.accuracy), _attacked(card), yes)
    console.print(table)
    if word is not None:
        _mention_timm(word)
    elif not everything:
        console.print("All there are: --all. One of them: its name. Get it: python -m advlab fetch NAME.", markup=False)


@app.command("fetch")
def fetch(name: Annotated[str, Argument(help="See `python -m advlab models --all`, or timm:NAME.")]) -> None:
    """Download a model's weights to this computer."""
    card = models.card(name)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(card.title, total=card.bytes)
        file = models.fetch(name, lambda done, whole: bar.update(task, completed=done, total=whole or card.bytes))
    console.print(f"{card.title} is here: {file}", highlight=False, markup=False)


def _short(accuracy: str) -> str:
    return accuracy.split(maxsplit=1)[0] if "%" in accuracy else ""


def _attacked(card: models.Card) -> str:
    """How many test pictures withstand the attacker of the card."""
    count = card.shipped.results.attacked if card.shipped else None
    return measured.rate(count) if count else ""


def _megabytes(card: models.Card) -> str:
    return f"{card.bytes / 1e6:,.{0 if card.bytes >= 9.5e6 else 1}f} MB"


def _show(card: models.Card) -> None:
    table = Table("", Column(overflow="fold"), show_header=False, title=card.title)
    rows = {
        "name": card.name,
        "summary": card.summary,
        "input": " × ".join(map(str, card.input_size)),
        "classes": f"{len(card.labels()):,}",
        "weights": f"{_megabytes(card)}, {card.weights() or f'not here: {card.install}'}",
        "accuracy": f"{card.accuracy} ({card.accuracy_source})",
        "licence": card.licence,
        "source": card.source,
        **(_ours(card.shipped) if card.shipped else {}),
    }
    for what, text in rows.items():
        table.add_row(what, text)
    console.print(table, markup=False)


def _ours(shipped: Shipped) -> dict[str, str]:
    """What is known of a network that we trained."""
    counts = {
        count.kind: (f"{measured.rate(count)}, 95% interval {measured.between(count)} ({measured.counted(count)})")
        for count in shipped.results.counted
    }
    return {
        "attacked at": f"{measured.threat(shipped)}, {shipped.norm.symbol}",
        **counts,
        "data": f"{shipped.dataset}. {shipped.data_note}" if shipped.data_note else shipped.dataset,
        "made by": f"recipe {shipped.recipe}, {shipped.epochs} epochs, seed {shipped.seed}, {shipped.trained}",
        "again": shipped.command,
        "architecture": f"{shipped.architecture}, {shipped.parameters:,} parameters, kept as {shipped.dtype}",
        "compare with": shipped.twin or "",
    }


def _mention_timm(word: str) -> None:
    names = [name for name in models.timm_names() if word.lower() in name.lower()]
    names.sort(key=lambda name: not name.startswith(word.lower()))
    if names:
        shown = ", ".join(f"timm:{name}" for name in names[:_MOST_OF_TIMM])
        more = f" and {len(names) - _MOST_OF_TIMM:,} more" if len(names) > _MOST_OF_TIMM else ""
        console.print(f"From timm: {shown}{more}.", highlight=False, markup=False)
