"""A second model beside the first."""

from collections.abc import Callable
from html import escape

import streamlit as st

from advlab import models
from advlab.serving import measured
from advlab.serving.notes import word
from advlab.serving.outcome import Outcome, percent, size
from advlab.ui import charts, report, viewer, work

_COLUMN = 330


def show(first: Outcome, second: Outcome, pictures: Callable[[], None]) -> None:
    """The same attack on both, side by side, and the first one's picture shown to the second.

    Args:
        first, second: the two runs.
        pictures: draws those of the first run.
    """
    with st.container(key="beside-runs"):
        grid = st.grid(2, min_column_width=_COLUMN, gap="large")
        with grid.cell():
            _side(first)
            report.doubts(first)
            pictures()
            _after(first)
        with grid.cell():
            _side(second)
            report.doubts(second)
            _pictures(second, key="beside-second", views=("swipe", "pair", "change", "blink"))
            _after(second)
        st.html(f'<div class="transfer">{_transfer(first, second.request.model)}</div>')


def stage(first: Outcome, second: Outcome) -> None:
    """Both on a projector: two titles, two verdicts, two pairs of pictures."""
    grid = st.grid(2, min_column_width=_COLUMN, gap="large")
    for place, outcome in (("first", first), ("second", second)):
        with grid.cell():
            _side(outcome)
            _pictures(outcome, key=f"stage-{place}", views=("pair", "swipe", "blink"), stage=True)


def _pictures(outcome: Outcome, *, key: str, views: tuple[str, ...], stage: bool = False) -> None:
    if not outcome.changed:
        report.only_picture(outcome)
        return
    view = viewer.reported(key) or views[0]
    viewer.viewer(outcome, work.name(outcome), view=view, views=views, key=key, stage=stage)


def _side(outcome: Outcome) -> None:
    before, after = outcome.before, outcome.after
    still = "" if after.index != before.index else "still "
    now = f'{still}{escape(after.label)} <span class="share">{percent(after.confidence)}</span>'
    change = f'<span class="after">→ {now}</span>' if outcome.changed else ""
    norm = outcome.request.norm
    asked = "1 query" if outcome.queries == 1 else f"{outcome.queries:,} queries"
    taken = f"{norm.symbol} {size(norm, outcome.norms[norm.value])}, {asked}"
    st.html(
        f'<div class="verdict small {outcome.verdict.kind}"><div class="of">{escape(_title(outcome))}</div>'
        f'<div class="word">{word(outcome)}</div><div class="headline">{escape(before.label)} '
        f'<span class="share">{percent(before.confidence)}</span> {change}</div>'
        f'<div class="detail">{escape(taken)}</div><div class="measured">{escape(_measured(outcome))}</div></div>'
    )


def _title(outcome: Outcome) -> str:
    return models.card(outcome.request.model).title


def _measured(outcome: Outcome) -> str:
    """What the card of a network of ours says of many pictures, since this is only one."""
    shipped = models.card(outcome.request.model).shipped
    return (measured.withstands(shipped) if shipped else None) or ""


def _after(outcome: Outcome) -> None:
    if outcome.changed:
        charts.opinion("After the attack", outcome.after, clean=outcome.before.label, target=outcome.goal)
    else:
        charts.opinion("What the model says", outcome.before, target=outcome.goal)


def _transfer(first: Outcome, model: str) -> str:
    """Whether the picture made for one model fools the other, in a sentence."""
    if not first.changed:
        return ""
    job = work.transfer(first, model)
    if not job.wait(5) or job.value is None:
        return escape(job.problem or "The second model is still being asked about the first one's picture.")
    seen, title = job.value, escape(models.card(model).title)
    answer = f"<b>{escape(seen.adversarial.label)}</b> ({percent(seen.adversarial.confidence)})"
    clean = f"{escape(seen.clean.label)} ({percent(seen.clean.confidence)})"
    scaled = " The picture was scaled to its input size, as any photo would be." if seen.scaled else ""
    if seen.fooled:
        end = f"says {answer}; to the clean one it says {clean}. The picture fools both."
    else:
        end = f"still says {answer}. The picture does not fool it."
    return f"Shown the picture made for the first model, {title} {end}{scaled}"
