"""The command on defenses over a whole set of pictures."""

from pathlib import Path
from typing import Annotated

from rich.progress import Progress as Bar
from rich.table import Column, Table
from typer import Argument, Option

from advlab import models
from advlab.cli import values
from advlab.cli.base import app, console
from advlab.cli.defend import parsed
from advlab.core.norms import Norm
from advlab.data import sets
from advlab.errors import AdvlabError
from advlab.evaluation.contender import NETWORK, UNDEFENDED, Contender, contender
from advlab.evaluation.ring import Ring
from advlab.evaluation.ruling import ruling
from advlab.evaluation.running import Running
from advlab.evaluation.testset import apart, as_named
from advlab.evaluation.trial import Budget, Trial
from advlab.models.shipped import Count
from advlab.serving.defend.matrix import USUAL
from advlab.serving.exports import trials


@app.command("defend-set")
def defend_set(  # noqa: PLR0917 - each is an option of the command
    data: Annotated[str, Argument(help="A folder with test.parquet, or with test/ and a folder for each class.")],
    model: Annotated[str, Option(help="The undefended network; see `python -m advlab models`.")] = "signs_standard",
    eps: Annotated[str | None, Option(help="Radius: 8/255, or 0.5; that of the model's card if left out.")] = None,
    norm: Annotated[str | None, Option(help="linf or l2.")] = None,
    defense: Annotated[
        list[str] | None, Option(help="jpeg, or with parameters jpeg:quality=50,…; give it several times.")
    ] = None,
    network: Annotated[list[str] | None, Option(help="A robust network in its place; its twin if left out.")] = None,
    count: Annotated[int, Option(help="Test pictures.")] = 500,
    calibrate: Annotated[int, Option(help="Other pictures of the split, to calibrate detectors on.")] = 1000,
    steps: Annotated[int, Option(help="Of the attacks by gradient.")] = 40,
    attack: Annotated[str | None, Option(help="Of who knows the defense, in place of the one that suits it.")] = None,
    check: Annotated[bool, Option(help="Also try attacks without gradients, other networks' and longer ones.")] = False,  # noqa: FBT002
    queries: Annotated[int, Option(help="Of each check without gradients.")] = 500,
    batch: Annotated[int | None, Option(help="Pictures at once.")] = None,
    seed: Annotated[int, Option(help="Of all attackers.")] = 0,
    device: Annotated[str | None, Option(help="cpu, cuda, …; the best one if left out.")] = None,
    csv: Annotated[Path | None, Option(help="Write the numbers there.")] = None,
) -> None:
    """Defenses on a set: accuracy against an attack that does not know them, and against one that does."""
    card = models.card(model)
    twin = models.twin(card)
    base = models.load(model, device)
    split = as_named(sets.read(data, "test", base.input_size), base.labels)
    chosen, others = apart(split, count, calibrate)
    budget = Budget(
        values.norm(norm, Norm.LINF), values.number(eps) if eps else (card.shipped.eps if card.shipped else 2 / 255),
        steps, seed, attack,
    )  # fmt: skip
    ring = Ring(base, chosen, budget, Running(batch=batch))
    named = network if network is not None else ([twin.name] if twin else [])
    wanted = [(UNDEFENDED, {}), *((NETWORK + name, {}) for name in named), *map(parsed, defense or USUAL)]
    other = models.load(twin.name, base.device) if twin is not None else None
    numbers = ("clean", "no answer", "unaware", "adaptive")
    table = Table(
        Column("defense"), *(Column(name, justify="right") for name in numbers), Column("verdict", no_wrap=True)
    )
    done: list[Trial] = []
    for key, parameters in wanted:
        try:
            trial = _trial(ring, contender(key, base, parameters, lambda _: others.to(base.device)))
        except AdvlabError as error:
            table.add_row(key, *[""] * len(numbers), str(error))
            continue
        if check and key != UNDEFENDED:
            trial = ring.check(trial, queries, other) or trial
        done.append(trial)
        if csv is not None:  # as it goes: a set takes long
            csv.write_text(trials.csv(done, chosen, budget), encoding="utf-8")
        counts = map(_shown, (trial.clean, trial.rejected, trial.unaware, trial.adaptive))
        table.add_row(trial.contender.title, *counts, ruling(trial, done[0]).word.value)
    console.print(table)
    console.print(f"{chosen.rule}; {budget.norm.symbol} ε = {budget.eps:.4g}; {len(others)} others calibrate.",
                  highlight=False)  # fmt: skip
    for trial in done:
        console.print(f"{trial.contender.title}: {ruling(trial, done[0]).sentence}", highlight=False, markup=False)
        for what, counted in (("fell to", trial.by), ("checks took", trial.missed or {})):
            if counted:
                said = ", ".join(f"{name} {number}" for name, number in counted.items())
                console.print(f"  {what}: {said}", highlight=False, markup=False)


def _trial(ring: Ring, who: Contender) -> Trial:
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task(who.title, total=len(ring.data))
        trial = Trial(who)
        for trial in ring.meet(who):
            bar.update(task, completed=len(trial.fates))
    return trial


def _shown(count: Count) -> str:
    low, high = count.interval
    return f"{count.share:.1%} [{low:.0%}–{high:.0%}]"
