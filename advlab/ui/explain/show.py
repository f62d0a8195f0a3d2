"""The explanations on the page: a sentence, the maps, and how alike they are."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from advlab import models
from advlab.analysis import similarity
from advlab.serving.explain import explanation
from advlab.serving.explain.explanation import Explanation
from advlab.serving.explain.methods import METHODS
from advlab.serving.explain.request import ExplainRequest
from advlab.serving.jobs import Job
from advlab.serving.outcome import percent
from advlab.ui import tasks
from advlab.ui.explain.controls import Choice
from advlab.ui.explain.overlay import Panel, overlay
from advlab.ui.state import LabState
from advlab.ui.tasks import Task


def maps(state: LabState, choice: Choice) -> None:
    """Clean against adversarial, by one method and in one scale; the same for a second model."""
    own = state.explain.maps
    wanted = {place: _task(state, choice, request) for place, request in choice.requests().items()}
    own.want(wanted, patience=2.0 if METHODS[choice.clean.method].quick else 0.4)
    tasks.watch(lambda: _maps(state, choice), own, "maps")


def _task(state: LabState, choice: Choice, request: ExplainRequest) -> Task:
    picture, outcome = state.picture, choice.outcome if request.run else None
    says = choice.says(request)
    return Task(
        choice.key(request, "explanation"),
        lambda job: explanation.explain(request, picture.image, outcome, job.show, job.stopping, says=says),
    )


def _maps(state: LabState, choice: Choice) -> None:
    jobs = state.explain.maps.jobs
    tasks.failures(state.explain.maps)
    found = {place: one for place, job in jobs.items() if (one := job.value or job.draft) is not None}
    for model in choice.models:
        pair = [found[place] for place in (f"{model} clean", f"{model} run") if place in found]
        if pair:
            _pair(choice, model, pair, first=model == choice.clean.model)
    for place, job in jobs.items():
        if job.live:
            _progress(job, place)


def _progress(job: Job[Explanation | None], place: str) -> None:
    model, which = place.rsplit(" ", 1)
    what = "the clean picture" if which == "clean" else "the adversarial one"
    coarse = "" if job.draft is None else f"; windows of {job.draft.window} pixels so far"
    tasks.progress(job, f"{models.card(model).title}: explaining {what}{coarse}…", 0.5 if job.draft else 0.1, place)


def _pair(choice: Choice, model: str, pair: Sequence[Explanation], *, first: bool) -> None:
    scale = similarity.common_scale(*(similarity.places(one.attribution) for one in pair))
    likeness = similarity.likeness(*(one.attribution for one in pair)) if len(pair) == 2 else None
    _headline(model, pair, likeness, first=first)
    overlay([_panel(one, scale, pair[0].opinion.index) for one in pair], signed=pair[0].signed, key=f"overlay-{model}")
    if likeness is not None:
        _numbers(likeness, _strength(*pair))
    if first:
        st.caption(" ".join([METHODS[choice.clean.method].tells, *_remarks(pair)]))


def _panel(one: Explanation, scale: float, clean: int) -> Panel:
    adversarial = bool(one.request.run)
    title = "The adversarial picture" if adversarial else "The clean picture"
    where = similarity.places(one.attribution)
    row, column = divmod(int(where.abs().argmax()), where.shape[1])
    height, width = where.shape
    return Panel(
        name=one.request.key(str(one.window)),
        pixels=one.pixels,
        where=where,
        scale=scale,
        tag=f"{one.opinion.label} {percent(one.opinion.confidence)}",
        kind="clean" if one.opinion.index == clean else "adversarial",
        title=f"{title}: what speaks for {one.label}.",
        note="" if one.window is None else f"Squares of {one.window} pixels.",
        alt=f"{title}, with what speaks for {one.label}: the most {_place(row / height, column / width)}.",
    )


def _place(down: float, right: float) -> str:
    """Where in a picture, in words."""
    rows, columns = ("at the top", "in the middle", "at the bottom"), ("left", "", "right")
    return f"{rows[min(2, int(3 * down))]} {columns[min(2, int(3 * right))]}".strip()


def _headline(model: str, pair: Sequence[Explanation], likeness: similarity.Likeness | None, *, first: bool) -> None:
    name = models.card(model).title
    if likeness is None or likeness.overlap is None:
        headline, detail = f"What speaks for {pair[0].label}", f"{name}, by {METHODS[pair[0].request.method].title}."
    else:
        headline = f"{likeness.overlap:.0%} of the most important places are the same"
        before, after = pair[0].opinion, pair[1].opinion
        said = f"says {after.label} now" if after.index != before.index else f"still says {after.label}"
        detail = (
            f"{name} looked at the clean and at the adversarial picture for {pair[0].label}, and {said}. "
            f"Chance alone would give {likeness.chance:.0%}."
        )
    small = "" if first else " small"
    st.html(
        f'<div class="verdict clean{small}" role="status"><div class="headline">{escape(headline)}</div>'
        f'<div class="detail">{escape(detail)}</div></div>'
    )


def _strength(before: Explanation, after: Explanation) -> float | None:
    """How strong all of the second map is beside the first; None where there is nothing in the first."""
    one, other = (float(similarity.places(each.attribution).abs().sum()) for each in (before, after))
    return other / one if one else None


def _numbers(likeness: similarity.Likeness, strength: float | None) -> None:
    rows = {
        "Rank correlation": "–" if likeness.rank is None else f"{likeness.rank:.2f}",
        "Top 10% in common": "–" if likeness.overlap is None else f"{likeness.overlap:.0%}",
        "Similarity, SSIM": f"{likeness.ssim:.2f}",
        "Strength, after to before": "–" if strength is None else f"{strength:.0%}",
    }
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows.items())
    st.html(f'<dl class="numbers">{cells}</dl>')


def _remarks(pair: Sequence[Explanation]) -> list[str]:
    """What can be said of how exact it is, and what it took."""
    said = ["Both maps have one scale: full colour is the 98th percentile of both." if len(pair) > 1 else ""]
    deltas = [one.delta for one in pair if one.delta is not None]
    if deltas:
        worst = max(deltas, key=abs)
        said.append(f"The values miss the change of the score by {worst:.2g} in sum: more samples, less.")
    said.append(f"{sum(one.seconds for one in pair):.1f} s.")
    return [one for one in said if one]
