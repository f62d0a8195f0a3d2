"""Whether what people were shown is what they asked for, judged apart from the server."""

import numpy as np
import torch

from advlab import attacks, models
from advlab.core.attack import Widget
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data.samples import SAMPLES
from advlab.serving import lab

from . import page
from .people import Run, photo_of

MODEL = "efficientnet_lite0"


def mistakes(runs: list[Run], seed: int, again: int) -> list[str]:
    """What was wrong: everybody's clean picture is looked at, and so many runs are computed again, bit by bit."""
    torch.set_num_threads(1)  # as on the server, so that equal means equal
    problems, pictures = [], {}
    finished = [run for run in runs if run.shown is not None]
    for run in finished:
        name = run.wish.picture
        if name not in pictures:
            pictures[name] = _picture(name, seed)
        assert run.shown is not None
        if run.shown.clean != _crop(pictures[name]):
            problems.append(f"{run.wish}: the clean picture is another one.")
    chosen = np.random.default_rng(seed).permutation(len(finished))[:again]
    for run in (finished[index] for index in chosen):
        assert run.shown is not None
        outcome = lab.run(_request(run.wish), pictures[run.wish.picture])
        if page.digest(outcome.adversarial) != run.shown.adversarial:
            problems.append(f"{run.wish}: the picture after the attack is another one.")
        if outcome.verdict.value not in run.shown.word:
            problems.append(f"{run.wish}: the verdict is {outcome.verdict.value}, not {run.shown.word}.")
    return problems


def _picture(name: str, seed: int):
    if name.startswith("upload"):
        return photo_of(seed, int(name.split()[1]))
    return SAMPLES[name].picture()


def _crop(picture) -> str:
    x = models.load(MODEL).prepare(picture)[0]
    return page.digest((x * 255).round().to(torch.uint8).permute(1, 2, 0).numpy())


def _request(wish: page.Wish) -> AttackRequest:
    """The request that the page makes of its controls when nothing else is touched."""
    attack = attacks.registry.get(wish.attack)
    parameters = {}
    for name, info in attack.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        widget = extra.get("widget")
        first = widget.initial if isinstance(widget, Widget) else None
        parameters[name] = info.default if first is None else first
    numbers = page.NUMBERS.get(wish.attack, {})
    return AttackRequest(
        picture=f"sample:{wish.picture}",
        model=MODEL,
        attack=wish.attack,
        norm=Norm.LINF,
        eps=wish.eps / 255,
        seed=wish.seed,
        early_stop=bool(numbers),
        max_queries=int(next(iter(numbers.values()))) if numbers else None,
        parameters=parameters,
    )
