"""What Home shows: a sentence, a real example, and the way in."""

import streamlit as st

from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.serving.jobs import Job
from advlab.serving.outcome import Outcome
from advlab.ui import report, state, work

_EXAMPLE = AttackRequest(
    picture="sample:coffee",
    model=work.DEFAULT_MODEL,
    attack="pgd",
    norm=Norm.LINF,
    eps=2 / 255,
    parameters={"steps": 20},
)


def hero() -> None:
    """What this is, in a sentence."""
    st.html(
        '<div class="hero"><h1>See a classifier change its mind</h1><p>A change too small to notice makes a network '
        "mistake one thing for another. Bring a photo, choose a model and an attack, and watch. Everything runs on "
        "this computer, without the internet.</p></div>"
    )


def way_in() -> None:
    """To the lab."""
    if st.button("Open the Attack Lab", type="primary", icon=":material/bolt:", key="open-lab"):
        st.switch_page("pages/lab.py")


def example() -> None:
    """A run of this very server: computed once for all visitors, drawn when it is there."""
    job = _job()
    if job.wait(0.3):
        _show(job)
    else:
        _wait()


def _job() -> Job[Outcome]:
    return work.attack(_EXAMPLE, state.lab().offered[_EXAMPLE.picture], example=True)


def _show(job: Job[Outcome]) -> None:
    if job.value is None:
        return
    report.verdict(job.value)
    report.pictures(job.value)


@st.fragment(run_every=0.5)
def _wait() -> None:
    if not _job().live:
        st.rerun()
    st.caption("The example is being computed…")
