"""A substitute on the page: its agreement while it learns, and what attacks on it do to the model."""

from collections.abc import Mapping

import streamlit as st

from advlab.core.norms import Norm
from advlab.models import Card
from advlab.programs import unfit
from advlab.programs.transfer import white_box
from advlab.serving.blackbox import substitute as work
from advlab.serving.blackbox.substitute import Copied, SubstituteRequest
from advlab.serving.defend.sets import Brought
from advlab.serving.exports import copied as files
from advlab.serving.figures import base, copying
from advlab.serving.outcome import size
from advlab.ui import radius, tasks, words
from advlab.ui.blackbox import copies
from advlab.ui.boundary.show import theme
from advlab.ui.defend import begin, source
from advlab.ui.state import LabState, lab
from advlab.ui.work import DEFAULT_MODEL

_VIEW = "substitute"
_QUESTION = "Can it be copied by asking?"
_USUAL = ("fgsm", "mi_fgsm", "pgd")
_ANSWERS = {"labels": "Labels", "scores": "Scores"}
_MOST = {"seeds": 1000, "rounds": 12, "epochs": 100, "most_queries": 20_000}
_PARTS = 255


def controls(card: Card, brought: Brought | None) -> SubstituteRequest | None:
    """What is asked, how often, and which attacks are made on the copy; None for a model that is not copied so."""
    if _unfit(card) is not None:
        return None
    answers = st.segmented_control(
        "The victim answers with", list(_ANSWERS), default="labels", required=True, format_func=_ANSWERS.__getitem__,
        key="b-answers", persist_state="session", width="stretch",
        help="From scores the copy learns how sure the victim is, from labels only what it says.",
    )  # fmt: skip
    most = st.select_slider(
        "Most questions", _budgets(), 6400, format_func=lambda one: f"{one:,}", key="b-most_queries",
        persist_state="session", help="Each picture that the victim is shown is one. Not one more is asked.",
    )  # fmt: skip
    chosen = st.multiselect(
        "Attacks on the copy", list(white_box()), default=list(_USUAL), key="b-attacks", persist_state="session",
        format_func=lambda name: white_box()[name].title,
    )  # fmt: skip
    eps = st.number_input(
        "ε in L∞, in 1/255", 0.5, 255.0, round(255 * radius.usual(card), 2), 1.0, format="%g", key=_eps(card),
        persist_state="session",
    )  # fmt: skip
    with st.expander("Seeds, rounds and seed", key="b-more", on_change="ignore"):
        seeds = _number("Pictures to begin with", "seeds", 150)
        rounds = _number("Rounds", "rounds", 6, "After each the attacker's set of pictures grows.")
        epochs = _number("Epochs a round", "epochs", 10)
        step = st.number_input("λ, the step of a new picture", 0.01, 1.0, 0.1, 0.01, format="%g", key="b-step",
                               persist_state="session")  # fmt: skip
        turning = st.toggle("Change the step's sign each round", key="b-turning", persist_state="session")
        doubling = st.number_input(
            "The set doubles so many times", 0, _MOST["rounds"], 3, key="b-doubling", persist_state="session",
            help="Then 400 new pictures a round, of ones drawn at random: reservoir sampling.",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="b-seed", persist_state="session")
    return SubstituteRequest.checked(
        picture=lab().picture.named(card), model=card.name, pictures=source.named(brought), seeds=seeds,
        rounds=rounds, epochs=epochs, step=step, period=1 if turning else None, doubling=int(doubling),
        answers=answers or "labels", most_queries=int(most), attacks=tuple(chosen), eps=eps / _PARTS, seed=int(seed),
    )  # fmt: skip


def _budgets() -> list[int]:
    """Those to choose from; a link may have named another."""
    usual = {300, 600, 1200, 2400, 4800, 6400, 10_000, 20_000}
    return sorted(usual | {int(st.session_state.get("b-most_queries", 6400))})


def _number(title: str, name: str, usual: int, told: str | None = None) -> int:
    return int(st.number_input(title, 1, _MOST[name], usual, key=f"b-{name}", persist_state="session", help=told))


def _eps(card: Card) -> str:
    return f"b-eps-{card.name}"


def _unfit(card: Card) -> str | None:
    return unfit(len(card.labels()), max(card.input_size[1:]))


def put(card: Card, values: Mapping[str, object]) -> None:
    """Set them by what a link says, each to the nearest that it can be."""
    box = st.session_state
    limits: dict[str, tuple[float, float]] = {name: (1, most) for name, most in _MOST.items()}
    limits |= {"doubling": (0, _MOST["rounds"]), "seed": (0, 2**31 - 1), "step": (0.01, 1.0)}
    for name, (least, most) in limits.items():
        number = values.get(name)
        if isinstance(number, int | float):
            box[f"b-{name}"] = min(max(number, least), most)
    if values.get("answers") in _ANSWERS:
        box["b-answers"] = values["answers"]
    if isinstance(eps := values.get("eps"), float):
        box[_eps(card)] = min(max(round(_PARTS * eps, 6), 0.5), 255.0)
    if isinstance(chosen := values.get("attacks"), tuple):
        box["b-attacks"] = [name for name in chosen if name in white_box()]
    if "period" in values:
        box["b-turning"] = values["period"] is not None


def run(state: LabState, request: SubstituteRequest | None) -> None:
    """The button."""
    told = "" if request is None else (
        f"{request.seeds} pictures, {request.rounds} rounds, at most {request.most_queries:,} questions; then "
        f"{len(request.attacks)} attack{'s' if len(request.attacks) != 1 else ''}. You can stop at any time."
    )  # fmt: skip
    begin.button(state, _VIEW, "Train a copy", request, told)


def show(state: LabState, request: SubstituteRequest | None, brought: Brought | None) -> None:
    """What came of it, if somebody started it; before that, what there will be, or why there is nothing."""
    own = state.blackbox.substitute
    picture = state.picture
    if request is None or not begin.wanted(
        state,
        _VIEW,
        request,
        own,
        lambda job: work.learn(request, picture.image, brought, job.show, job.stopping),
    ):
        _before(state)
        return
    tasks.watch(lambda: _drawn(state), own, _VIEW)


def _before(state: LabState) -> None:
    card = state.cards().get(str(st.session_state.get("model", DEFAULT_MODEL)))
    reason = None if card is None else _unfit(card)
    if card is not None and reason is not None:
        words.heading(f"{card.title} is not copied in this way", reason)
        return
    words.heading(
        _QUESTION,
        "An attacker who has no weights trains a network of their own on the victim's answers, attacks that one with "
        "its gradient, and shows the victim what came out.",
    )
    words.promise(
        ("help", "Ask", "A few pictures to begin with; the victim says what they are. Each is one question."),
        ("model_training", "Learn", "Where the copy is about to change its mind new pictures are made, and asked "
         "about, round after round."),
        ("bolt", "Attack", "What fools the copy is shown to the victim, beside what the victim's own gradient would "
         "have done."),
    )  # fmt: skip


def _drawn(state: LabState) -> None:
    there = begin.arrived(state.blackbox.substitute, _VIEW, "Drawing pictures, loading the victim…", "b-substitute")
    if there is None:
        return
    job, found = there
    _headline(found, live=job.live)
    if job.live:
        tasks.progress(job, _stage(found), found.done, "b-substitute")
    grid = st.grid(2 if found.attacked else 1, min_column_width=420, gap="large")
    with grid.cell():
        st.markdown("**How often the copy says what the victim says**")
        st.plotly_chart(copying.agreement(found, theme()), theme=None, key="b-agreement",
                        config=dict(base.config("agreement")), alt=_told(found))  # fmt: skip
        st.caption(_measured(found))
    if found.attacked:
        with grid.cell():
            st.markdown("**What an attack on the copy does to the victim**")
            copies.table(found)
            st.caption(_counted(found))
    if found.attacked:
        copies.one_picture(found)
    if not job.live:
        _take(found)


def _headline(found: Copied, *, live: bool) -> None:
    if live and not found.attacked:
        words.heading(_QUESTION, f"{found.sentence} Still learning." if found.points else "The first answers come in.")
        return
    stopped = " Stopped early; what is here is what was known by then." if found.stopped else ""
    began = f"{found.title}, {found.seeds} pictures to begin with: {found.rule}.{stopped}"
    if found.attacked:
        headline = found.fools.replace("an attack made on it", "An attack made on the copy")
        words.heading(headline, f"{found.agrees}. {began}", "adversarial")
    else:
        words.heading(found.agrees, began, "clean")


def _stage(found: Copied) -> str:
    now = found.now
    if found.weights is not None:
        return "Attacking the copy, then the victim…"
    if now is None:
        return "Asking…"
    return f"Round {now.number} of {found.request.rounds}: {now.images:,} pictures, {now.queries:,} questions…"


def _told(found: Copied) -> str:
    told = [f"{one.agreement.share:.0%} after {one.queries:,}" for one in found.points if one.agreement is not None]
    return f"Agreement over the questions asked: {', '.join(told)}."


def _measured(found: Copied) -> str:
    of = next((one.agreement.of for one in found.points if one.agreement is not None), 0)
    return (
        f"Measured on {of} {found.others}; these passes are ours, not the attacker's questions. "
        "Shaded: the 95% interval."
    )


def _counted(found: Copied) -> str:
    one = found.attacked[0]
    return (
        f"L∞ ε = {size(Norm.LINF, one.eps)}, on {one.on_victim.of} of the pictures to begin with, made into files of "
        "8 bits. Fooled: another answer than to the clean picture. On the copy only pictures count on which it agreed "
        "with the victim."
    )


def _take(found: Copied) -> None:
    with st.container(horizontal=True, key="b-files"):
        st.download_button("Rounds", files.rounds(found), "substitute-rounds.csv", "text/csv",
                           icon=":material/table:", key="b-rounds-csv", on_click="ignore")  # fmt: skip
        if found.attacked:
            st.download_button("Transfers", files.transfers(found), "substitute-transfers.csv", "text/csv",
                               icon=":material/table:", key="b-transfers-csv", on_click="ignore")  # fmt: skip
        if found.weights is not None:
            st.download_button(
                "The copy", found.weights, "substitute.safetensors", "application/octet-stream",
                icon=":material/download:", key="b-weights", on_click="ignore",
                help="Weights that say how they are used: Models, weights of your own, takes them.",
            )  # fmt: skip
