"""The command that compares attacks on one picture."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from PIL import Image
from rich.progress import Progress as Bar
from rich.table import Column, Table
from typer import Argument, Option

from advlab import attacks, models
from advlab.cli import values
from advlab.cli.attack import SERVICE, named_picture
from advlab.cli.base import app, console
from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.core.settings import Progress
from advlab.errors import AdvlabError, InputError
from advlab.serving import lab
from advlab.serving.compare import lineup
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.headline import headline
from advlab.serving.compare.reach import Reach, reach
from advlab.serving.compare.request import CompareRequest
from advlab.serving.exports import compared
from advlab.serving.outcome import size

# What a narrow terminal has room for; the file has all.
_NUMBERS = ("L∞", "L2", "SSIM", "queries", "seconds")


@app.command("compare")
def compare_attacks(  # noqa: PLR0917 - each is an option of the command
    picture: Annotated[str, Argument(help="A file, or a sample: sample:stop, sample:digit-7.")],
    model: Annotated[str, Option(help="See `python -m advlab models`.")] = "efficientnet_lite0",
    attack: Annotated[
        list[str] | None,
        Option(help="pgd, or with parameters pgd:steps=40,…; give it several times, or all. About five if left out."),
    ] = None,
    norm: Annotated[str | None, Option(help="linf, l2, l1 or l0.")] = None,
    eps: Annotated[str | None, Option(help="What counts as a success: 2/255, or 0.5; the card's if left out.")] = None,
    target: Annotated[str | None, Option(help="The class to reach: its name or its number.")] = None,
    truth: Annotated[str | None, Option(help="What the picture really shows: its name or its number.")] = None,
    seed: Annotated[int, Option(help="Of all attacks.")] = 0,
    max_queries: Annotated[int, Option(help="The budget of each.")] = 1000,
    service: Annotated[str | None, Option(help=SERVICE)] = None,
    through: Annotated[
        str | None, Option(help="Models, by commas, on which attacks within ε that see gradients are made.")
    ] = None,
    early_stop: Annotated[bool, Option(help="End each at its first success.")] = True,  # noqa: FBT002
    smallest: Annotated[bool, Option("--smallest", help="Also search each one's smallest radius.")] = False,  # noqa: FBT002
    csv: Annotated[Path | None, Option(help="Write the numbers there.")] = None,
) -> None:
    """Many attacks on one picture, on the same terms: what each comes to, and at what price."""
    card = models.card(model)
    threat = values.norm(norm, card.shipped.norm if card.shipped else Norm.LINF)
    ref, image = named_picture(picture, exact=False)
    request = CompareRequest.checked(
        picture=ref,
        model=model,
        norm=threat,
        eps=values.number(eps) if eps else _usual(card, threat),
        target=None if target is None else values.index(target, card.labels()),
        truth=None if truth is None else values.index(truth, card.labels()),
        seed=seed,
        early_stop=early_stop,
        max_queries=max_queries,
        service=values.service(service),
        sources=values.names(through),
        attacks=_chosen(attack, threat),
    ).check()
    with Bar(console=console, transient=True) as bar:
        lines = [_run(request, name, image, bar, smallest=smallest) for name in request.attacks]
    entries, reaches = [entry for entry, _ in lines], {entry.name: far for entry, far in lines if far is not None}
    _show(entries, reaches)
    if csv is not None:
        _write(csv, compared.csv(entries, reaches))


def _run(
    request: CompareRequest, name: str, image: Image.Image, bar: Bar, *, smallest: bool
) -> tuple[Entry, Reach | None]:
    """One attack, and how far it has to go; what goes wrong is told in its line."""
    entry, far = Entry(name, request), None
    task = bar.add_task(entry.title, total=1.0)

    def tell(told: Progress | Reach) -> None:
        bar.update(task, completed=told.fraction)

    try:
        entry = Entry(name, request, lab.run(request.of(name), image, progress=tell, frames=0))
        if smallest and not request.crafts(name):
            bar.update(task, completed=0, description=f"{entry.title}: smallest radius")
            far = reach(request, name, image, tell)
    except AdvlabError as error:
        entry = replace(entry, problem=str(error))
    bar.remove_task(task)
    return entry, far


def _usual(card: models.Card, norm: Norm) -> float:
    """The radius of the model's card where it was measured in this norm."""
    if card.shipped and card.shipped.norm is norm:
        return card.shipped.eps
    return {Norm.LINF: 2 / 255, Norm.L2: 0.5, Norm.L1: 12.0, Norm.L0: 20.0}[norm]


def _chosen(texts: list[str] | None, norm: Norm) -> dict[str, dict[str, Value]]:
    """The attacks with their parameters, which begin as on the page."""
    if texts == ["all"]:
        texts = [name for names in lineup.groups(norm).values() for name in names]
    found: dict[str, dict[str, Value]] = {}
    for text in texts or lineup.usual(norm):
        name, _, rest = text.partition(":")
        kind = attacks.registry.get(name)
        own = lineup.parameters(kind) | dict(values.assignment(part) for part in rest.split(",") if part)
        kind.configured(own)  # its mistakes belong to the command, not to a row
        found[name] = own
    return found


def _show(entries: list[Entry], reaches: dict[str, Reach]) -> None:
    more = ("smallest",) if reaches else ()
    numbers = (Column(name, justify="right", no_wrap=True) for name in (*_NUMBERS, *more))
    table = Table(Column("attack", no_wrap=True), Column("verdict", no_wrap=True), *numbers, "8 bits")
    for entry in entries:
        radius = (reaches[entry.name].words if entry.name in reaches else "",) if reaches else ()
        survives = {True: "yes", False: "no", None: ""}[entry.survives]
        table.add_row(entry.title, entry.word, *_numbers(entry), *radius, survives)
    console.print(table)
    for entry in entries:
        if entry.problem:
            console.print(f"{entry.title}: {entry.problem}", highlight=False, markup=False)
    console.print(headline(entries), highlight=False, markup=False)


def _numbers(entry: Entry) -> tuple[str, ...]:
    outcome = entry.outcome
    if outcome is None:
        return ("",) * len(_NUMBERS)
    return (
        *(size(norm, outcome.norms[norm.value]) for norm in (Norm.LINF, Norm.L2)),
        f"{outcome.similarity:.3f}", f"{outcome.queries:,}", f"{outcome.seconds:.2f}",
    )  # fmt: skip


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {file}: {error.strerror or error}.") from error
