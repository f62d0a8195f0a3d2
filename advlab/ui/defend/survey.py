"""Defenses over a set, on the page: the standings, accuracy against ε, what detectors tell apart."""

import pandas as pd
import streamlit as st

from advlab.core.defense import Kind
from advlab.evaluation.ruling import Word
from advlab.evaluation.trial import Budget, Trial
from advlab.models.shipped import Count
from advlab.serving.defend import survey as work
from advlab.serving.defend.request import SetRequest
from advlab.serving.defend.sets import Brought
from advlab.serving.defend.survey import Survey
from advlab.serving.exports import trials as files
from advlab.serving.exports.report import survey as report
from advlab.serving.figures import base, trials
from advlab.serving.outcome import size
from advlab.ui import tasks, words
from advlab.ui.boundary.show import theme
from advlab.ui.defend import begin, source
from advlab.ui.defend.controls import Choice
from advlab.ui.state import LabState

_VIEW = "set"


def controls(choice: Choice, brought: Brought | None) -> SetRequest | None:
    """What is asked of the set; None where it is impossible."""
    count = st.number_input("How many pictures", 1, 10_000, 20, key="d-count", persist_state="session")
    check = st.checkbox(
        "Doubt the result", key="d-check", persist_state="session",
        help="On what the chosen attacks left, also try Square and HopSkipJump, another network's pictures and ten "
        "times the steps. Where one of them takes more than one picture in a hundred, the row is not evaluated.",
    )  # fmt: skip
    curve = st.checkbox("Against ε", key="d-curve", persist_state="session", help="Within a quarter, half and twice ε.")
    if choice.request is None:
        return None
    values = choice.request.model_dump() | {
        "picture": source.named(brought), "count": int(count), "check": check, "curve": curve,
    }  # fmt: skip
    return SetRequest.checked(**values)


def run(state: LabState, request: SetRequest | None) -> None:
    """The button."""
    rows = 0 if request is None else len(request.keys)
    count = 0 if request is None else request.count
    begin.button(state, _VIEW, "Count them all", request,
                 f"{rows} rows on {count} pictures, two attacks each; you can stop at any time.")  # fmt: skip


def show(state: LabState, request: SetRequest | None, brought: Brought | None) -> None:
    """The result, if somebody started it; before that, what it will say."""
    own = state.defend.survey
    if request is None or not begin.wanted(
        state, _VIEW, request, own, lambda job: work.survey(request, brought, job.show, job.stopping)
    ):
        words.heading(
            "One picture shows what can happen, a set how often",
            "Each defense is attacked on every picture, by somebody who has never heard of it and by somebody who has "
            "read its code; each share comes with its 95% interval.",
        )
        words.promise(
            ("balance", "Standings", "For each defense how often it is right: clean, against who does not know it, "
             "and against who does."),
            ("help", "Doubt", "What the chosen attacks left is attacked without gradients, with another network's "
             "pictures and for ten times as long."),
            ("show_chart", "Against ε", "How accuracy falls as both attackers may change more; of detectors what they "
             "catch at which rate of false alarms."),
        )  # fmt: skip
        return
    tasks.watch(lambda: _drawn(state), own, _VIEW)


def _drawn(state: LabState) -> None:
    there = begin.arrived(state.defend.survey, _VIEW, "Drawing pictures, loading networks…", "d-set")
    if there is None:
        return
    job, found = there
    _headline(found, live=job.live)
    if job.live:
        tasks.progress(job, _under_way(found), found.done, "d-set")
    for title, problem in ((dict(found.rows)[key], text) for key, text in found.problems.items()):
        st.warning(f"**{title}**: {problem}", icon=":material/info:")
    if not found.trials:
        return
    st.plotly_chart(trials.standings(found, theme()), theme=None, key="d-standings",
                    config=dict(base.config("defenses")), alt=_told(found))  # fmt: skip
    if not job.live:
        st.dataframe(_table(found), hide_index=True, key="d-numbers")
    if found.curves:
        st.markdown("**Accuracy against ε.** Whole lines: the attacker knows the defense. Dotted: does not.")
        st.plotly_chart(trials.radii(found, theme()), theme=None, key="d-radii",
                        config=dict(base.config("defenses-eps")), alt="Accuracy against ε.")  # fmt: skip
    if not job.live:
        _detectors(found)
        _take(found)


def _headline(found: Survey, *, live: bool) -> None:
    request = found.request
    done = f"{found.data.rule}, ε = {size(request.norm, request.eps)} in {request.norm.symbol}, {request.steps} steps."
    end = " Still under way." if live else f" {found.seconds:.0f} s."
    words.heading(found.sentence, done[:1].upper() + done[1:] + end, "" if live else "adversarial")


def _under_way(found: Survey) -> str:
    left = found.seconds * (1 - found.done) / found.done if found.done > 0.15 else None
    return f"{found.now or 'On to the next'}…" + ("" if left is None else f" about {_roughly(left)} left")


def _roughly(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds > 100 else f"{max(5, round(seconds / 5) * 5)} seconds"


def _told(found: Survey) -> str:
    return "; ".join(
        f"{title}: clean {_share(trial.clean)}, not known {_share(trial.unaware)}, known {_share(trial.adaptive)}"
        for key, title in found.rows
        if (trial := found.trials.get(key)) is not None
    )


def _share(count: Count) -> str:
    return f"{count.share:.0%}"


def _with_interval(count: Count) -> str:
    low, high = count.interval
    return f"{100 * count.share:.0f}% ({100 * low:.0f}–{100 * high:.0f})"


def _table(found: Survey) -> pd.DataFrame:
    lines = []
    for key, title in found.rows:
        trial = found.trials.get(key)
        if trial is None:
            continue
        verdict = found.ruling(key)
        lines.append(
            {
                "Defense": title,
                "What it comes to": "" if verdict is None else verdict.word.value,
                "Clean": _with_interval(trial.clean),
                "No answer": _share(trial.rejected),
                "Not known": _with_interval(trial.unaware),
                "Known": _with_interval(trial.adaptive),
                "Fell to": ", ".join(f"{name} {number}" for name, number in trial.by.most_common()),
                "Other attacks took": _missed(trial),
                "ms an answer": f"{1000 * trial.seconds:.1f}",
                "In words": "" if verdict is None else verdict.sentence,
            }
        )
    table = pd.DataFrame(lines)
    return table if any(trial.missed for trial in found.trials.values()) else table.drop(columns="Other attacks took")


def _missed(trial: Trial) -> str:
    return ", ".join(f"{name} {number}" for name, number in (trial.missed or {}).items() if number) or "none"


def _detectors(found: Survey) -> None:
    """What each detector tells apart."""
    for key, trial in found.trials.items():
        if trial.contender.kind is not Kind.DETECTOR:
            continue
        st.markdown(f"**{trial.contender.title}.** {_detected(trial)}")
        grid = st.grid(2, min_column_width=330, gap="medium")
        with grid.cell():
            st.plotly_chart(trials.told_apart(trial, theme()), theme=None, key=f"d-roc-{key}",
                            config=dict(base.config(f"roc-{key}")), alt=_detected(trial))  # fmt: skip
        with grid.cell():
            st.plotly_chart(trials.scores(trial, theme()), theme=None, key=f"d-scores-{key}",
                            config=dict(base.config(f"scores-{key}")), alt="Histogram of suspicion.")  # fmt: skip


def _detected(trial: Trial) -> str:
    parts = []
    for adaptive, who in ((False, "who does not know it"), (True, "who does")):
        curve = trials.curve(trial, adaptive=adaptive)
        if curve is not None:
            parts.append(f"{curve.at(0.05):.0%} of the misleading pictures of {who}")
    caught = f"At 5% false alarms it catches {' and '.join(parts)}. " if parts else ""
    return f"{caught}Not detected and wrong in the end: {_with_interval(trial.undetected)}."


def _take(found: Survey) -> None:
    done = [found.trials[key] for key, _ in found.rows if key in found.trials]
    asked = found.request
    budget = Budget(asked.norm, asked.eps, asked.steps, asked.seed, asked.override)
    if any(verdict.word is Word.DOUBTED for key, _ in found.rows if (verdict := found.ruling(key)) is not None):
        st.warning("A row is not evaluated: an attack that was not chosen takes more than the chosen ones.")
    with st.container(horizontal=True, key="d-set-files"):
        st.download_button("Report", report.html(found), "defenses.html", "text/html", icon=":material/description:",
                           key="d-set-html", help="One HTML file, which opens offline.", on_click="ignore")  # fmt: skip
        st.download_button("Numbers", files.csv(done, found.data, budget), "defenses.csv", "text/csv",
                           icon=":material/table:", key="d-set-csv", on_click="ignore")  # fmt: skip
        labels = done[0].contender.base.labels
        st.download_button("Picture by picture", files.verdicts(done, labels), "defenses-pictures.csv", "text/csv",
                           icon=":material/list:", key="d-set-pictures", on_click="ignore")  # fmt: skip
