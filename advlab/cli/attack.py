"""Commands about attacks: what there is, and one on a picture."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from PIL import Image
from rich.progress import Progress as Bar
from rich.table import Column, Table
from typer import Argument, Option

from advlab import attacks, models
from advlab.cli import output, own, values
from advlab.cli.base import app, console
from advlab.core import reference
from advlab.core.request import AttackRequest
from advlab.data import pictures
from advlab.data.sources import PREFIX, open_picture
from advlab.errors import InputError, ParameterError
from advlab.serving import lab
from advlab.serving.exports.requests import check, read_request

SERVICE = "What black-box attacks are shown: top:5,decimals:2,noise:0.01,per_minute:60,minutes:30."
_OF_WEIGHTS = ("weights", "architecture", "classes", "labels", "size", "mean", "std", "crop")
# What a request file does not say; all other options it does.
_BESIDE_A_REQUEST = ("picture", "request", "device", "threads", "out", *_OF_WEIGHTS)


@app.command("attacks")
def list_attacks(
    name: Annotated[str | None, Argument(help="One of them: what it does, its paper and its parameters.")] = None,
    markdown: Annotated[bool, Option("--markdown", help="The table of the README.")] = False,  # noqa: FBT002
) -> None:
    """The attacks there are, or all about one of them."""
    if markdown:
        console.print(reference.table(attacks.available()), soft_wrap=True, markup=False, highlight=False)
    elif name is None:
        table = Table(Column("name", no_wrap=True), "attack", "sees", "norms", "looks for")
        for key, attack in attacks.available().items():
            table.add_row(
                key, attack.title, reference.sees(attack), " ".join(attack.norms),
                reference.SEEKS[attack.objective],
            )  # fmt: skip
        console.print(table)
    else:
        _describe(reference.entry(attacks.registry.get(name)))


def _describe(about: reference.Entry) -> None:
    lines = [about.title, "", about.summary, *about.details, "", f"Paper: {about.papers}", ""]
    lines.append(f"Sees {reference.sees(about)}; looks for {reference.SEEKS[about.objective]}.")
    lines.append(f"Norms: {', '.join(norm.symbol for norm in about.norms)}; targeted or not.")
    lines.append(f"Costs a picture at most {about.cost}, with these parameters:")
    console.print("\n".join(lines), markup=False, highlight=False)
    table = Table(Column("name", no_wrap=True), "default", "from, to", "what it is")
    for setting in about.settings:
        table.add_row(setting.name, setting.default, setting.limits, setting.about)
    console.print(table)


@app.command("attack")
def attack_picture(  # noqa: PLR0917 - each is an option of the command
    context: typer.Context,
    picture: Annotated[
        str | None, Argument(help="A file, or a sample: sample:coffee, sample:stop, sample:digit-7.")
    ] = None,
    model: Annotated[str, Option(help="See `python -m advlab models`.")] = "efficientnet_lite0",
    attack: Annotated[str, Option(help="See `python -m advlab attacks`.")] = "pgd",
    through: Annotated[
        str | None, Option(help="Make it on these models, NAME,NAME, and try it once on --model: a transfer attack.")
    ] = None,
    norm: Annotated[str | None, Option(help="linf, l2, l1; the attack's first one if left out.")] = None,
    eps: Annotated[str | None, Option(help="Radius: 2/255, or 0.5.")] = None,
    target: Annotated[str | None, Option(help="The class to reach: its name or its number.")] = None,
    truth: Annotated[str | None, Option(help="What the picture really shows: its name or its number.")] = None,
    exact: Annotated[bool, Option("--exact", help="Take the picture pixel by pixel, without scaling.")] = False,  # noqa: FBT002
    seed: Annotated[int, Option(help="Same seed, same result.")] = 0,
    service: Annotated[str | None, Option(help=SERVICE)] = None,
    max_queries: Annotated[int | None, Option(help="The attacker's budget.")] = None,
    early_stop: Annotated[bool, Option(help="End at the first success.")] = False,  # noqa: FBT002
    param: Annotated[list[str] | None, Option("--set", help="A parameter of the attack: --set steps=40.")] = None,
    weights: Annotated[
        Path | None,
        Option(
            help="Your own: safetensors, or a state dict of PyTorch. What `advlab train` wrote says the rest itself."
        ),
    ] = None,
    architecture: Annotated[
        str | None, Option(help="Of --weights: torchvision:resnet18, advlab:madry_cnn_256.")
    ] = None,
    classes: Annotated[int | None, Option(help="Of --weights: how many.")] = None,
    labels: Annotated[Path | None, Option(help="Of --weights: a file with one name a line, or JSON.")] = None,
    size: Annotated[str | None, Option(help="Of --weights: pixels of a side, 224 if left out; or 1x28x28.")] = None,
    mean: Annotated[str | None, Option(help="Of --weights: 0.485,0.456,0.406; nothing if left out.")] = None,
    std: Annotated[str | None, Option(help="Of --weights: 0.229,0.224,0.225; nothing if left out.")] = None,
    crop: Annotated[float, Option(help="Of --weights: the share of a resized picture that is kept.")] = 1.0,
    request: Annotated[
        Path | None, Option(help="A JSON or YAML file that says all of this; see `--out`.", dir_okay=False)
    ] = None,
    device: Annotated[str | None, Option(help="cpu, cuda, cuda:1, mps; the best one if left out.")] = None,
    threads: Annotated[int | None, Option(min=1, help="Of PyTorch, on a CPU.")] = None,
    out: Annotated[
        Path | None, Option(help="Folder for the picture, the arrays, the request, a script and a report.")
    ] = None,
) -> None:
    """Attack one picture and say what came of it."""
    if threads is not None:
        torch.set_num_threads(threads)
    if weights is not None:
        model = own.add(
            weights,
            architecture=architecture,
            classes=classes,
            labels=labels,
            size=size,
            mean=mean,
            std=std,
            crop=crop,
        )
    if request is not None:
        _nothing_else(context)
        wanted, image = _from_file(request, picture)
        wanted = wanted if weights is None else wanted.model_copy(update={"model": model})
    else:
        kind = attacks.registry.get(attack)
        ref, image = named_picture(picture, exact=exact)
        names = models.card(model).labels()
        wanted = AttackRequest.checked(
            picture=ref,
            model=model,
            attack=attack,
            norm=values.norm(norm, kind.norms[0]),
            eps=None if eps is None else values.number(eps),
            sources=values.names(through),
            target=None if target is None else values.index(target, names),
            truth=None if truth is None else values.index(truth, names),
            seed=seed,
            early_stop=early_stop,
            max_queries=max_queries,
            service=values.service(service),
            parameters=dict(values.assignment(text) for text in param or []),
        )
        check(wanted)
    title = attacks.registry.get(wanted.attack).title
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task(f"{title} on {wanted.model}", total=1.0)
        outcome = lab.run(wanted, image, progress=lambda p: bar.update(task, completed=p.fraction), device=device)
    output.show(outcome)
    if out is not None:
        output.write(outcome, out, Path(picture or "").name)


def named_picture(text: str | None, *, exact: bool) -> tuple[str, Image.Image]:
    """What requests call the picture, and the picture."""
    if text is None:
        raise InputError(f"Say which picture: a file, or {PREFIX}coffee.")
    image = open_picture(text)
    if text.startswith(PREFIX) and not exact:
        return text, image
    return f"{'exact' if exact else 'upload'}:{pictures.digest(image)}", image


def _from_file(file: Path, picture: str | None) -> tuple[AttackRequest, Image.Image]:
    """A request that was written down; a picture that was uploaded is not in it."""
    try:
        wanted = read_request(file.read_bytes(), file.name)
    except OSError as error:
        raise InputError(f"Cannot read {file}: {error.strerror or error}.") from error
    if picture is None and not wanted.picture.startswith(PREFIX):
        raise InputError(f"The picture of {file} was a file of somebody's: name it before --request.")
    ref, image = named_picture(picture or wanted.picture, exact=wanted.exact)
    if ref != wanted.picture:
        console.print(f"Another picture than that of {file}: expect another result.", highlight=False, markup=False)
    return wanted.model_copy(update={"picture": ref}), image


def _nothing_else(context: typer.Context) -> None:
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in _BESIDE_A_REQUEST and source is not None and source.name == "COMMANDLINE":
            option = "set" if name == "param" else name.replace("_", "-")
            raise ParameterError(
                f"The request says everything but the picture and your own weights: leave out --{option}, or --request."
            )
