"""Weights of one's own: the form, and what a first look at the model finds."""

from html import escape
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from advlab import models
from advlab.errors import AdvlabError, ParameterError
from advlab.models import Check, Settings
from advlab.serving.job import Status
from advlab.ui import description, shelf
from advlab.ui.models import plain, shelf_of, use
from advlab.ui.state import ModelsState

# Largest file of weights that the page takes, in MB: the server's own limit (.streamlit/config.toml).
UPLOAD_MB = 200
_MOST_CLASSES = 100_000
_USUAL = {"torchvision": "resnet18", "timm": "resnet18", "advlab": "preact_resnet8_w32"}
_OTHER = "Other"
_HALVES = "0.5, 0.5, 0.5"
_NORMALISATIONS = {
    "ImageNet (torchvision)": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "−1 to 1 (mean 0.5, std 0.5)": ((0.5,) * 3, (0.5,) * 3),
    "None: pixels in [0, 1]": (None, None),
    _OTHER: None,
}
_NO_FILE = "Choose a file with weights first."
_SIGNS = {True: ("✓", "right"), False: ("✕", "wrong"), None: ("!", "worth knowing")}
# What is only known of the model, and is neither right nor wrong.
_FACTS = {"speed", "parameters", "digest"}
# Whoever pressed the button at the lower edge of the window sees what came of it.
_SHOW = '<script>document.querySelector(".st-key-own-result")?.scrollIntoView({block: "nearest"})</script>'


def collect(state: ModelsState) -> bool:
    """Take what became of the weights that were given, before anything is drawn; whether there are news."""
    job = state.adding
    if job is None or job.live:
        return False
    state.adding, state.found, state.problem = None, job.value, job.problem
    if job.value is None:
        state.problem = job.problem or "The file was not read: press “Check and add” again."
    elif job.value.usable:
        state.own[job.value.card.name] = job.value.card
        for key in _uploads(state):
            shelf.release(st.session_state.get(key))
        state.taken += 1  # new uploaders, which are empty
    return True


def own(state: ModelsState) -> None:
    """The form, under its button what became of it, and under that the models that came of it."""
    st.subheader("Your own weights", anchor="your-own-weights")
    st.markdown(
        "A `safetensors` file, or a state dict saved by `torch.save`, for a network of torchvision, timm or AdvLab. "
        "What `python -m advlab train` wrote says the rest itself. It stays on this server, only you can use it, and "
        "nothing in it is ever run."
    )
    with st.container(border=True, key="own"):
        named = _files(state)
        if description.show(st.session_state.get(_uploads(state)[0])) is None:
            _network()
            _pictures(named=named)
        ready = state.found is not None and state.found.usable
        st.button(
            "Check and add",
            key="own-add",
            type="secondary" if ready else "primary",  # then the next step is the filled one
            icon=":material/fact_check:",
            disabled=state.adding is not None,
            on_click=_submit,
            args=(state,),
        )
        with st.container(key="own-result"):
            _result(state)
    if state.own:
        shelf_of(state, state.own)


def show_result() -> None:
    """Scroll to it, if need be. At the end of the page, where nothing moves when this goes again."""
    st.html(_SHOW, unsafe_allow_javascript=True)


def _uploads(state: ModelsState) -> tuple[str, str]:
    """The keys of the uploaders: weights, class names."""
    return f"weights-{state.taken}", f"labels-{state.taken}"


def _files(state: ModelsState) -> bool:
    """The uploaders; whether there are class names."""
    weights, labels = _uploads(state)
    left, right = st.columns(2)
    with left:
        file = st.file_uploader(
            "Weights", type=["safetensors", "pt", "pth", "bin"], max_upload_size=UPLOAD_MB, key=weights,
            on_change=_forget_result, args=(state,),
        )  # fmt: skip
    if file is None and state.problem != _NO_FILE and not (state.found and state.found.usable):
        _forget_result(state)  # it was about a file that is no longer chosen
    with right:
        st.file_uploader(
            "Class names (optional)", type=["txt", "json"], max_upload_size=1, key=labels,
            help="A text file with one name a line, or a JSON list.",
        )  # fmt: skip
        try:
            names = _names(state)
        except AdvlabError as error:
            st.error(plain(str(error)))
            return False
        if names:
            st.session_state["own-classes"] = min(len(names), _MOST_CLASSES)
            more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
            st.caption(plain(f"{len(names):,} classes: {', '.join(name[:40] for name in names[:3])}{more}"))
    return names is not None


def _names(state: ModelsState) -> tuple[str, ...] | None:
    """The class names that were given, if any."""
    file = st.session_state.get(_uploads(state)[1])
    return None if file is None else models.read_labels(file.getvalue(), file.name)


def _network() -> None:
    left, right = st.columns(2)
    with left:
        library = st.segmented_control(
            "Library", list(_USUAL), default="torchvision", required=True, key="own-library", persist_state="session"
        )
    with st.spinner(f"Reading {library}'s list…"):
        names = models.architectures_of(library)
    with right:
        st.selectbox(
            "Architecture", names, index=names.index(_USUAL[library]), key=f"own-architecture-{library}",
            persist_state="session", help="The network that the weights were trained in. Type to search.",
        )  # fmt: skip


def _pictures(*, named: bool) -> None:
    """What goes in and comes out."""
    left, kind = st.columns(2)
    classes, side = left.columns(2)
    with classes:
        st.number_input(
            "Number of classes", 2, _MOST_CLASSES, 1000, key="own-classes", persist_state="session", disabled=named,
            help="It is the number of class names." if named else None,
        )  # fmt: skip
    with side:
        st.number_input("Input side in pixels", 8, 1024, 224, key="own-side", persist_state="session")
    with kind:
        chosen = st.selectbox("Normalisation", list(_NORMALISATIONS), key="own-normalisation", persist_state="session")
    if chosen == _OTHER:
        mean, std = st.columns(2)
        how = "One number, or one a channel, for pixels from 0 to 1."
        mean.text_input("Mean", _HALVES, key="own-mean", persist_state="session", help=how)
        std.text_input("Std", _HALVES, key="own-std", persist_state="session", help=how)


def _submit(state: ModelsState) -> None:
    """Give the form to the one who reads weights. A callback, since a click would not outlive a new frame."""
    box = st.session_state
    _forget_result(state)
    file = box.get(_uploads(state)[0])
    if file is None:
        state.problem = _NO_FILE
        return
    try:
        said = description.chosen(file)
        form = _said(state, file, said) if said is not None else _typed(state, file)
        state.adding = shelf.take_in(form)
    except AdvlabError as error:
        state.problem = str(error)


def _said(state: ModelsState, file: UploadedFile, said: Settings) -> shelf.Form:
    """What the file says; class names that somebody gave come first."""
    how, names = said.preprocessing, _names(state) or said.labels
    title = said.title or Path(file.name).stem
    return shelf.Form(file.getvalue(), title, said.architecture, names, said.input_size, how.mean, how.std)


def _typed(state: ModelsState, file: UploadedFile) -> shelf.Form:
    """What somebody said."""
    box = st.session_state
    names = _names(state) or int(box["own-classes"])
    shown = _NORMALISATIONS[box["own-normalisation"]]
    mean, std = shown or [_numbers(box.get(f"own-{name.lower()}", _HALVES), name) for name in ("Mean", "Std")]
    # What has just been chosen may have widgets that were not drawn yet: they have what they begin with.
    library, side = box["own-library"], int(box["own-side"])
    architecture = f"{library}:{box.get(f'own-architecture-{library}', _USUAL[library])}"
    title = Path(file.name).stem[:40]
    return shelf.Form(file.getvalue(), title, architecture, names, (3, side, side), mean, std)


def _forget_result(state: ModelsState) -> None:
    state.found = state.problem = None


def _numbers(text: str, name: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        raise ParameterError(f"{name} is one number a channel, such as 0.5, 0.5, 0.5.") from None
    if len(values) not in (1, 3):
        raise ParameterError(f"{name} is one number, or three, not {len(values)}.")
    return values * (3 // len(values))


def _result(state: ModelsState) -> None:
    if state.adding is not None:
        _wait(state)
    elif state.problem:
        st.error(plain(state.problem), icon=":material/error:")
    elif state.found is not None:
        _found(state, state.found)


def _found(state: ModelsState, found: shelf.Own) -> None:
    title = plain(found.card.title.removesuffix(shelf.YOURS))
    wrong = " ".join(check.sentence for check in found.checks if check.ok is False)
    if wrong:
        st.error(f"{plain(wrong)} **{title} is not usable**, and was not kept.", icon=":material/error:")
    else:
        st.success(f"**{title}** is ready.", icon=":material/check_circle:")
        use(state, found.card.name, key="use-own", primary=True)
    rest = [check for check in found.checks if check.ok is not False]
    points = "".join(_point(check) for check in rest if check.name not in _FACTS)
    if points:
        st.html(f'<ul class="checks" style="flex-direction: column; color: inherit">{points}</ul>')
    facts = " · ".join(check.sentence.rstrip(".") for check in rest if check.name in _FACTS)
    if facts:
        st.caption(plain(facts))


def _point(check: Check) -> str:
    sign, meaning = _SIGNS[check.ok]
    return (
        f'<li><span role="img" aria-label="{meaning}" style="display: inline-block; width: 1.4em">{sign}</span>'
        f"{escape(check.sentence)}</li>"
    )


@st.fragment(run_every=0.4)
def _wait(state: ModelsState) -> None:
    job = state.adding
    if job is None or not job.live:
        st.rerun()
    queued = job.status is Status.QUEUED
    st.progress(
        0.0, "Waiting for the files of others…" if queued else "Reading the weights and looking the model over…"
    )
