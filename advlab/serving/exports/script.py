"""A Python script that reproduces a run: the public API and nothing else."""

import json

import numpy as np
import torch

from advlab import recorded
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.core.service import OPEN
from advlab.serving.exports import names, numbers, weights
from advlab.serving.exports.files import complete
from advlab.serving.outcome import Execution, Outcome

_SCRIPT = '''\
"""Repeats a run of AdvLab {advlab}; saves {stem}.png, and {stem}.npy: the same before rounding to 8 bits.

Run it where `import advlab` works: PYTHONPATH=folder/of/AdvLab python {stem}.py
"""

{imports}import numpy as np
import torch
from PIL import Image

import advlab

# {verdict}{stopped}
recorded = {{
{recorded}
}}
{device}torch.set_num_threads({threads})
execution = advlab.Execution({execution})
{own}classifier = advlab.load({model}, {on}, execution=execution)
{source}print(advlab.compare_execution(classifier, recorded{of_source}))

x = classifier.{prepare}(advlab.open_picture({picture}))
if advlab.pixel_digest(x[0]) != {clean}:
    raise SystemExit({other})

result = advlab.attack(
    {asked},
    x,
{arguments}
)
rounded = advlab.round_to_8_bits(classifier, x, result)
before, after = (classifier.labels[int(i)] for i in (result.label_before[0], rounded.shares.argmax()))
print(f"{{before}} → {{after}}, margin {{rounded.margin:.3g}}, {norm} {{rounded.norms[{norm_name}]:.4g}}")
print("The goal is reached." if rounded.success else "The goal is not reached.")
same = advlab.pixel_digest(rounded.pixels) == {adversarial}
print("The pixels are the recorded ones." if same else "The pixels are not the recorded ones.")

pixels = rounded.pixels.permute(1, 2, 0).cpu().numpy()
Image.fromarray(pixels{grey}).save("{stem}.png")
np.save("{stem}.npy", result.adversarial[0].float().cpu().numpy())
'''


def script(outcome: Outcome, picture_name: str) -> str:
    """The script.

    Args:
        outcome: what to reproduce.
        picture_name: the file name of an uploaded picture, which must lie where the script is run.
    """
    request, how = outcome.request, outcome.execution
    picture = names.picture(outcome, picture_name)
    settings = weights.settings(request.model)
    return _SCRIPT.format(
        advlab=how.advlab,
        stem=names.stem(outcome, picture_name),
        verdict=_comment(f"{outcome.verdict}: {outcome.before.label} → {outcome.after.label}"),
        stopped=", when it was stopped; this one goes to its end" if outcome.stopped else "",
        recorded="\n".join(f"    {_text(name)}: {_value(value)}," for name, value in _recorded(how).items()),
        threads=how.threads,
        device=_device(how.device),
        execution=f"precision={_text(how.precision)}, channels_last={how.channels_last}, chunk={how.chunk}",
        imports="" if settings is None else "import pathlib\n\n",
        own="" if settings is None else _own(settings),
        model=_text(request.model) if settings is None else "own.name",
        source=_source(request.sources),
        of_source=", source" if request.sources else "",
        asked="source" if request.sources else "classifier",
        on="device" if _device(how.device) else _text(how.device),
        prepare="as_is" if request.exact else "prepare",
        picture=_text(picture),
        clean=_text(how.picture_digest),
        other=_text(f"{picture} is another picture than the one that was attacked: put that one here."),
        arguments="\n".join(f"    {argument}," for argument in _arguments(request)),
        adversarial=_text(_digest(outcome.adversarial)),
        grey="[..., 0]" if outcome.adversarial.shape[2] == 1 else "",
        norm=request.norm.symbol,
        norm_name=f"'{request.norm.value}'",
    )


def _recorded(how: Execution) -> dict[str, object]:
    return {
        "device": how.device,
        "threads": how.threads,
        "processor": how.processor,
        "torch": how.torch,
        "advlab": how.advlab,
        "model_digest": how.model_digest,
        **({} if how.source_digest is None else {"source_digest": how.source_digest}),
    }


def _source(names: tuple[str, ...]) -> str:
    """Lines that load what the picture is made on, where that is not the model itself."""
    if not names:
        return ""
    listed = ", ".join(map(_text, names))
    return (
        f"sources = [advlab.load(name, classifier.device, execution=execution) for name in ({listed},)]\n"
        "source = advlab.ensemble(sources, input_size=classifier.input_size)\n"
    )


def _device(recorded_on: str) -> str:
    """A line that falls back to the CPU where the recorded device is missing."""
    kind = recorded_on.partition(":")[0]
    there = {"cuda": "torch.cuda.is_available()", "mps": "torch.backends.mps.is_available()"}.get(kind)
    return f'device = {_text(recorded_on)} if {there} else "cpu"\n' if there else ""


def _own(settings: weights.Settings) -> str:
    """Lines that take somebody's own weights from a file; what the classes are called does not matter to them."""
    arguments = (
        "pathlib.Path(weights)",
        f"architecture={_text(settings.architecture)}",
        f"labels={settings.classes}",
        f"input_size={settings.input_size}",
        f"mean={settings.mean}",
        f"std={settings.std}",
        f"crop={settings.crop}",
    )
    listed = "".join(f"    {argument},\n" for argument in arguments)
    file = f"weights = {_text(weights.FILE)}  # your own, which are in no script: name the file\n"
    return f"{file}own = advlab.models.add_own(\n{listed})\n"


def _arguments(request: AttackRequest) -> list[str]:
    if request.target is None:
        goal = f"advlab.Untargeted({'' if request.truth is None else request.truth})"
    else:
        goal = f"advlab.Targeted({request.target})"
    run = [
        _text(request.attack),
        f"norm={_text(request.norm.value)}",
        f"eps={_eps(request)}",
        f"goal={goal}",
        f"seed={request.seed}",
        f"early_stop={request.early_stop}",
        f"max_queries={request.max_queries}",
        *(["judge=classifier"] if request.sources else []),
    ]
    if request.service != OPEN:
        shown = ", ".join(f"{name}={value!r}" for name, value in request.service.unusual.items())
        run.append(f"service=advlab.Service({shown})")
    return run + [f"{name}={value!r}" for name, value in complete(request).parameters.items()]


def _eps(request: AttackRequest) -> str:
    if request.eps is None or request.norm is not Norm.LINF:
        return repr(request.eps)
    return numbers.fraction(request.eps).replace("/", " / ")


def _digest(pixels: np.ndarray) -> str:
    return recorded.pixel_digest(torch.from_numpy(pixels).permute(2, 0, 1))


def _value(value: object) -> str:
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """A literal: file names may hold anything."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else ascii(text)


def _comment(text: str) -> str:
    """On one line: class names of own weights may hold anything, too."""
    return "".join(c if c.isprintable() else "?" for c in text)
