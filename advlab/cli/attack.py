"""Commands about attacks: what there is, and one on a picture."""

import difflib
import json
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from rich.progress import Progress as Bar
from rich.table import Column, Table

from advlab import attacks, models
from advlab.cli.base import app, console
from advlab.core.attack import Objective
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest, Value
from advlab.data import pictures
from advlab.data.samples import SAMPLES, sample
from advlab.errors import InputError, ParameterError
from advlab.serving import lab
from advlab.serving.outcome import Outcome, percent, sentence


@app.command("attacks")
def list_attacks() -> None:
    """The attacks there are, with their parameters and defaults."""
    table = Table(Column("name", no_wrap=True), "attack", "sees", "norms", "parameters")
    for name, attack in attacks.available().items():
        own = ", ".join(f"{key}={field.default}" for key, field in attack.model_fields.items())
        table.add_row(name, attack.title, attack.access, " ".join(attack.norms), own)
    console.print(table)


@app.command("attack")
def attack_picture(  # noqa: PLR0917 - each is an option of the command
    picture: Annotated[
        str, typer.Argument(help="A file, or sample:coffee, sample:cat, sample:rocket, sample:motorcycle.")
    ],
    model: Annotated[str, typer.Option(help="See `python -m advlab models`.")] = "efficientnet_lite0",
    attack: Annotated[str, typer.Option(help="See `python -m advlab attacks`.")] = "pgd",
    norm: Annotated[str | None, typer.Option(help="linf, l2; the attack's first one if left out.")] = None,
    eps: Annotated[str | None, typer.Option(help="Radius: 2/255, or 0.5.")] = None,
    target: Annotated[str | None, typer.Option(help="The class to reach: its name or its number.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 0,
    max_queries: Annotated[int | None, typer.Option(help="The attacker's budget.")] = None,
    early_stop: Annotated[bool, typer.Option(help="End at the first success.")] = False,  # noqa: FBT002
    param: Annotated[list[str] | None, typer.Option("--set", help="A parameter of the attack: --set steps=40.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the PNG and the result as JSON.")] = None,
) -> None:
    """Attack one picture and say what came of it."""
    ref, image = _picture(picture)
    labels = models.card(model).labels()
    kind = attacks.registry.get(attack)
    radius = _number(eps) if eps is not None else None
    if radius is None and kind.objective is Objective.RADIUS:
        raise ParameterError(f"{kind.title} needs a radius: add --eps 2/255.")
    request = AttackRequest.checked(
        picture=ref,
        model=model,
        attack=attack,
        norm=_norm(norm, kind.norms[0]),
        eps=radius,
        target=None if target is None else _target(target, labels),
        seed=seed,
        early_stop=early_stop,
        max_queries=max_queries,
        parameters=dict(_assignment(text) for text in param or []),
    )
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task(f"{kind.title} on {model}", total=1.0)
        outcome = lab.run(request, image, progress=lambda p: bar.update(task, completed=p.fraction))
    _report(outcome)
    if out is not None:
        _write(outcome, out, Path(picture).stem if ref.startswith("upload:") else ref.split(":")[1])


def _picture(text: str) -> tuple[str, Image.Image]:
    if text.startswith("sample:"):
        return text, sample(text.removeprefix("sample:")).picture()
    file = Path(text)
    if not file.is_file():
        known = ", ".join(f"sample:{name}" for name in SAMPLES)
        raise InputError(f"There is no file {text}; give a picture, or one of {known}.")
    image = pictures.read(file.read_bytes(), file.name)
    return f"upload:{pictures.digest(image)}", image


def _norm(text: str | None, default: Norm) -> Norm:
    if text is None:
        return default
    if text not in list(Norm):
        raise ParameterError(f"There is no norm “{text}”; there are: {', '.join(Norm)}.")
    return Norm(text)


def _number(text: str) -> float:
    """A number, or a fraction such as 2/255."""
    try:
        above, _, below = text.partition("/")
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise ParameterError(f"“{text}” is no number; write 2/255 or 0.5.") from None


def _target(text: str, labels: tuple[str, ...]) -> int:
    lower = [label.lower() for label in labels]
    if text.lower() in lower:
        return lower.index(text.lower())
    if text.isdigit() and int(text) < len(labels):
        return int(text)
    near = difflib.get_close_matches(text.lower(), lower, n=3, cutoff=0.5)
    hint = f" Did you mean: {', '.join(near)}?" if near else ""
    raise ParameterError(f"The model has no class “{text}”.{hint}")


def _assignment(text: str) -> tuple[str, Value]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError(f"“{text}” sets nothing; write --set steps=40.")
    words: dict[str, Value] = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    number = _number(value)
    return name, int(number) if number.is_integer() and "." not in value and "/" not in value else number


def _report(outcome: Outcome) -> None:
    before, after = outcome.before, outcome.after
    console.print(f"[bold]{outcome.verdict}[/bold]  {sentence(outcome)}", highlight=False)
    table = Table("", "before", "after")
    table.add_row(
        "answer", f"{before.label} {percent(before.confidence)}", f"{after.label} {percent(after.confidence)}"
    )
    table.add_row("L∞", "", f"{outcome.norms['linf'] * 255:.3g}/255")
    table.add_row(
        "L2", "", f"{outcome.norms['l2']:.4g} (before rounding to 8 bits {outcome.unrounded_norms['l2']:.4g})"
    )
    table.add_row("queries, gradients", "", f"{outcome.queries:,}, {outcome.gradients:,}")
    table.add_row("seconds", "", f"{outcome.seconds:.2f} on {outcome.device}")
    console.print(table)
    if outcome.drawn_start:
        console.print("It started from a picture of the target drawn with the model's gradient, in place of a photo.")


def _write(outcome: Outcome, folder: Path, stem: str) -> None:
    request = outcome.request
    name = f"{stem}-{request.attack}"
    pixels = outcome.adversarial
    try:
        folder.mkdir(parents=True, exist_ok=True)
        about = {"advlab": request.model_dump_json(), "verdict": outcome.verdict.value}
        (folder / f"{name}.png").write_bytes(pictures.png(pixels, about=about))
        (folder / f"{name}.json").write_text(json.dumps(_plain(outcome), indent=2, ensure_ascii=False), "utf-8")
    except OSError as error:
        raise InputError(f"Cannot write to {folder}: {error.strerror or error}.") from error
    console.print(f"Written: {folder / name}.png and .json", highlight=False)


def _plain(outcome: Outcome) -> dict[str, object]:
    return {
        "request": outcome.request.model_dump(mode="json"),
        "verdict": outcome.verdict.value,
        "before": outcome.before.top,
        "after": outcome.after.top,
        "norms": outcome.norms,
        "unrounded_norms": outcome.unrounded_norms,
        "queries": outcome.queries,
        "gradients": outcome.gradients,
        "seconds": outcome.seconds,
        "device": outcome.device,
    }
