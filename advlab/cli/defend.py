"""The commands on defenses: which there are, and what they are worth on one picture."""

from typing import Annotated

from rich.table import Column, Table
from typer import Argument, Option

from advlab import defenses, models
from advlab.cli import values
from advlab.cli.attack import named_picture
from advlab.cli.base import app, console
from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.serving.defend.matrix import USUAL, fill, told
from advlab.serving.defend.request import DefendRequest


@app.command("defenses")
def list_defenses() -> None:
    """The defenses there are, with their parameters and how they are differentiated."""
    table = Table(Column("name", no_wrap=True), "defense", "kind", "gradients", "parameters")
    for name, defense in defenses.available().items():
        own = ", ".join(f"{key}={field.default}" for key, field in defense.model_fields.items())
        table.add_row(name, defense.title, defense.kind, " ".join(defense().gradients), own)
    console.print(table)


@app.command("defend")
def defend_picture(  # noqa: PLR0917 - each is an option of the command
    picture: Annotated[str, Argument(help="A file, or a sample: sample:stop, sample:digit-7.")],
    model: Annotated[str, Option(help="The undefended network; see `python -m advlab models`.")] = "signs_standard",
    eps: Annotated[str | None, Option(help="Radius: 8/255, or 0.5; that of the model's card if left out.")] = None,
    norm: Annotated[str | None, Option(help="linf or l2.")] = None,
    defense: Annotated[
        list[str] | None, Option(help="jpeg, or with parameters jpeg:quality=50,…; give it several times.")
    ] = None,
    network: Annotated[list[str] | None, Option(help="A robust network in its place; its twin if left out.")] = None,
    truth: Annotated[str | None, Option(help="What the picture really shows: its name or its number.")] = None,
    steps: Annotated[int, Option(help="Of the attacks by gradient.")] = 20,
    seed: Annotated[int, Option(help="Of both attackers.")] = 0,
) -> None:
    """Defenses on one picture: against an attack that does not know them, and against one that does."""
    card = models.card(model)
    twin = models.twin(card)
    ref, image = named_picture(picture, exact=False)
    request = DefendRequest.checked(
        picture=ref,
        model=model,
        norm=values.norm(norm, Norm.LINF),
        eps=values.number(eps) if eps else (card.shipped.eps if card.shipped else 2 / 255),
        steps=steps,
        truth=None if truth is None else values.index(truth, card.labels()),
        seed=seed,
        defenses=dict(parsed(text) for text in defense or USUAL),
        networks=tuple(network if network is not None else ([twin.name] if twin else [])),
    )
    with console.status("Attacking…"):
        found = fill(request, image)
    if found is None:
        return
    table = Table(
        Column("defense"), "clean", "attack that does not know it", "attack that does",
        Column("passes", justify="right"), Column("verdict", no_wrap=True),
    )  # fmt: skip
    for row in found.rows:
        cells = [told(cell) for cell in (row.clean, row.unaware, row.adaptive)]
        table.add_row(row.title, *cells, str(row.passes), row.problem or row.standing.value)
    console.print(table)
    console.print(f"Away from {found.truth}. {found.sentence}", highlight=False, markup=False)


def parsed(text: str) -> tuple[str, dict[str, Value]]:
    """A defense with its parameters."""
    name, _, rest = text.partition(":")
    parameters = dict(values.assignment(part) for part in rest.split(",") if part)
    defenses.registry.get(name).configured(parameters)  # its mistakes belong to the command, not to a row
    return name, parameters
