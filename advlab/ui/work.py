"""The server's jobs, and this visitor's place in them."""

import os
import sys
from typing import TYPE_CHECKING

import streamlit as st
import torch
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from advlab import models
from advlab.analysis.survival import Survival
from advlab.core.request import AttackRequest
from advlab.errors import ParameterError
from advlab.serving import comparison, lab, reality, recognise, strength
from advlab.serving.jobs import Job, Jobs
from advlab.serving.outcome import Look, Outcome

if TYPE_CHECKING:
    from advlab.ui.state import Picture

DEFAULT_MODEL = "efficientnet_lite0"
_SERVER = "the server itself"
_MIB = 2**20
_LOOKS = 64 * _MIB
_SWITCH = 0.0005
# Seconds between two looks at a run, and how many looks at all runs together a second are enough.
_PACE, _LOOKS_A_SECOND = 0.3, 30.0


@st.cache_resource
def jobs() -> Jobs:
    """The queue for runs: on a CPU, workers × torch threads stay within the cores."""
    # A network gives the interpreter up at each of its hundreds of layers, and had to wait 5 ms, the usual
    # interval, to have it back from a thread that draws a page: runs took three times as long beside drawing.
    sys.setswitchinterval(_SWITCH)
    cores, threads = os.cpu_count() or 1, _threads()
    on_cpu = models.best_device().type == "cpu"
    return Jobs(
        max(1, cores // threads) if on_cpu else 1,
        use_threads,
        _present,
        limit=_setting("ADVLAB_RUNS_PER_PERSON", 4),
        most_bytes=_setting("ADVLAB_RESULT_CACHE", 256, least=0) * _MIB,
    )


@st.cache_resource
def _looks() -> Jobs:
    """The queue for what takes an instant, so that nobody's long run keeps a picture from being shown.

    All that is in it is the server's own: shared by those who look, never stopped, without a limit.
    """
    return Jobs(1, use_threads, limit=None, most_bytes=_LOOKS)


@st.cache_resource
def extras() -> Jobs:
    """The queue for what is found out about a result that is shown already: people take turns, nobody's look waits."""
    return Jobs(1, use_threads, _present, limit=None, most_bytes=_LOOKS)


def pace() -> float:
    """Seconds between two looks at a run: everybody's looks together are bounded, so that they do not slow the runs."""
    return max(_PACE, jobs().people / _LOOKS_A_SECOND)


def use_threads() -> None:
    """For a worker, before its first job."""
    torch.set_num_threads(_threads())


def _threads() -> int:
    """Threads of one job on a CPU."""
    return _setting("ADVLAB_TORCH_THREADS", max(1, (os.cpu_count() or 1) // 4))


def _setting(name: str, usual: int, least: int = 1) -> int:
    """A whole number from the environment."""
    text = os.environ.get(name, str(usual))
    if not text.isdecimal() or int(text) < least:
        raise ParameterError(f"{name} = {text!r} is impossible: set it to a whole number of at least {least}.")
    return int(text)


def person() -> str:
    """This visitor's session: it is gone when the tab is closed or loaded again."""
    context = get_script_run_ctx()
    return context.session_id if context is not None else _SERVER


def _present(person: str) -> bool:
    """Whether somebody still has the page open."""
    return person == _SERVER or not runtime.exists() or runtime.get_instance().is_active_session(person)


def warm_up() -> None:
    """Have the default model loaded before somebody waits for it."""
    _looks().submit("warm-up", _SERVER, lambda _: models.load(DEFAULT_MODEL))


def look(model: str, picture: "Picture", *, exact: bool) -> Job[Look]:
    """What the model says about the picture before any attack."""
    key = f"look {model} {exact} {picture.digest}"
    return _looks().submit(key, _SERVER, lambda _: lab.look(model, picture.image, exact=exact))


def name(outcome: Outcome) -> str:
    """Names a run by its request and the very pixels it worked on."""
    return outcome.request.key(outcome.execution.picture_digest, str(outcome.steps))


def line(outcome: Outcome) -> Job[strength.Line]:
    """The model's opinion along the line of a result."""
    return extras().submit(f"line {name(outcome)}", person(), lambda _: strength.line(outcome))


def check(outcome: Outcome, multiple: float) -> Job[strength.Checked]:
    """The model's opinion at exactly this multiple of the change."""
    key = f"check {multiple:.3f} {name(outcome)}"
    return extras().submit(key, person(), lambda _: strength.check(outcome, multiple))


def survival(outcome: Outcome) -> Job[tuple[Survival, ...]]:
    """The reality check of a result."""
    return extras().submit(f"survival {name(outcome)}", person(), lambda _: reality.check(outcome))


def transfer(outcome: Outcome, model: str) -> Job[comparison.Transfer]:
    """What a second model says about the pictures of a result."""
    key = f"transfer {model} {name(outcome)}"
    return extras().submit(key, person(), lambda _: comparison.transfer(outcome, model))


def recognition(picture: "Picture", clean: "Picture | None") -> Job[recognise.Recognised]:
    """One of our own files, measured and judged anew; `clean` is the photo that it was made from, if it is here."""
    key = f"recognise {picture.ref} {clean.ref if clean else ''} {picture.made_by}"
    request, photo = picture.made_by, clean.image if clean else None
    if request is None:
        raise ValueError("Only a file of our own can be recognised.")
    return extras().submit(key, person(), lambda _: recognise.judge(request, picture.image, photo))


def attack(request: AttackRequest, picture: "Picture", *, example: bool = False) -> Job[Outcome]:
    """Start a run, or join the same one that somebody else has started; an example is the server's own.

    The key holds a digest of the pixels, never the picture's name alone: a request that names somebody's upload
    finds nothing without the upload itself.

    Raises:
        ResourceError: this visitor has as many runs under way as one may have.
    """
    key = request.key(picture.digest)
    return jobs().submit(
        key,
        _SERVER if example else person(),
        lambda job: lab.run(request, picture.image, progress=job.tell, should_stop=job.stopping),
    )


def stop(job: Job[Outcome]) -> bool:
    """This visitor no longer wants the job; whether it stops, because nobody else does."""
    return job.leave(person())
