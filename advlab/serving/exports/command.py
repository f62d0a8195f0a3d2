"""A command line that reproduces a run."""

import shlex

from advlab.core.norms import Norm
from advlab.core.service import OPEN, Service
from advlab.serving.exports import configured, names, numbers, weights
from advlab.serving.exports.files import complete
from advlab.serving.outcome import Outcome


def cli(outcome: Outcome, picture_name: str) -> str:
    """The line, for any POSIX shell; it writes its files to the folder `out`.

    Args:
        outcome: what to reproduce.
        picture_name: the file name of an uploaded picture, which must lie where the line is run.
    """
    request, how = outcome.request, outcome.execution
    picture = names.picture(outcome, picture_name)
    words = ["python", "-m", "advlab", "attack", f"./{picture}" if picture.startswith("-") else picture]
    words += _model(request.model)
    words += ["--through", ",".join(request.sources)] if request.sources else []
    words += ["--attack", request.attack, "--norm", request.norm.value]
    if request.eps is not None:
        words += ["--eps", numbers.fraction(request.eps) if request.norm is Norm.LINF else repr(request.eps)]
    for name in ("target", "truth", "max_queries"):
        value = getattr(request, name)
        words += [] if value is None else [f"--{name.replace('_', '-')}", str(value)]
    words += [] if request.service == OPEN else ["--service", configured.write(Service, request.service.model_dump())]
    words += ["--early-stop"] if request.early_stop else []
    words += ["--exact"] if request.exact else []
    for name, value in complete(request).parameters.items():
        words += ["--set", f"{name}={str(value).lower()}"]
    words += ["--seed", str(request.seed), "--device", how.device, "--threads", str(how.threads), "--out", "out"]
    return shlex.join(words)


def _model(name: str) -> list[str]:
    """Which model; somebody's own weights by a file that they have."""
    settings = weights.settings(name)
    if settings is None:
        return ["--model", name]
    words = ["--weights", weights.FILE, "--architecture", settings.architecture, "--classes", str(settings.classes)]
    words += ["--size", "x".join(map(str, settings.input_size))]
    for option, values in (("--mean", settings.mean), ("--std", settings.std)):
        words += [] if values is None else [option, ",".join(map(repr, values))]
    return [*words, "--crop", repr(settings.crop)]
