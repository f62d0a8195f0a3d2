"""The server's jobs, and this visitor's place in them."""

import os

import streamlit as st
import torch

from advlab import models
from advlab.core.request import AttackRequest
from advlab.data import pictures
from advlab.serving import lab
from advlab.serving.jobs import Job, Jobs
from advlab.serving.outcome import Look, Outcome
from advlab.ui.state import Picture

DEFAULT_MODEL = "efficientnet_lite0"


@st.cache_resource
def jobs() -> Jobs:
    """The one queue of this server: on a CPU, workers × torch threads stay within the cores."""
    cores = os.cpu_count() or 1
    threads = int(os.environ.get("ADVLAB_TORCH_THREADS", max(1, cores // 4)))
    on_cpu = models.best_device().type == "cpu"
    return Jobs(max(1, cores // threads) if on_cpu else 1, lambda: torch.set_num_threads(threads))


def warm_up() -> None:
    """Have the default model loaded before somebody waits for it."""
    jobs().submit("warm-up", "server", lambda _: models.load(DEFAULT_MODEL))


def _person() -> str:
    person: str = st.session_state.setdefault("person", os.urandom(8).hex())
    return person


def look(model: str, picture: Picture) -> Job[Look]:
    """What the model says about the picture before any attack."""
    key = f"look {model} {pictures.digest(picture.image)}"
    return jobs().submit(key, _person(), lambda _: lab.look(model, picture.image))


def attack(request: AttackRequest, picture: Picture) -> Job[Outcome]:
    """Start a run, or join the same one that somebody else has started."""
    key = request.key(pictures.digest(picture.image))
    return jobs().submit(
        key, _person(), lambda job: lab.run(request, picture.image, progress=job.tell, should_stop=job.stopping)
    )


def stop(job: Job[Outcome]) -> None:
    """This visitor no longer wants the job; it stops when nobody does."""
    job.leave(_person())
