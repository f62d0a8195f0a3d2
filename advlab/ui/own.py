"""Weights of one's own: the form, and what a first look at the model finds."""

import streamlit as st

from advlab import models
from advlab.errors import AdvlabError, ParameterError
from advlab.ui import shelf
from advlab.ui.models import use
from advlab.ui.state import ModelsState

# Largest file of weights that the page takes, in MB: the server's own limit (.streamlit/config.toml).
UPLOAD_MB = 200
_NORMALISATIONS = {
    "ImageNet (torchvision)": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "−1 to 1 (mean 0.5, std 0.5)": ((0.5,) * 3, (0.5,) * 3),
    "None: pixels in [0, 1]": (None, None),
    "Other": None,
}
_ICONS = {True: "✓", False: "✕", None: "!"}


def own(state: ModelsState) -> None:
    """The form."""
    st.markdown("### Your own weights")
    st.markdown(
        "A `safetensors` file, or a state dict saved by `torch.save`, for a network of torchvision or timm. "
        "It stays on this server, only you can use it, and nothing in it is ever run."
    )
    with st.form("own", border=True):
        st.file_uploader(
            "Weights", type=["safetensors", "pt", "pth", "bin"], max_upload_size=UPLOAD_MB, key=f"weights-{state.taken}"
        )
        left, right = st.columns(2)
        with left:
            st.selectbox("Library", ["torchvision", "timm"], key="own-library")
            st.text_input("Architecture", "resnet18", key="own-architecture", help="Such as resnet18.")
            st.number_input("Input side in pixels", 8, 1024, 224, key="own-side")
        with right:
            st.number_input("Number of classes", 2, 100_000, 1000, key="own-classes")
            st.file_uploader(
                "Class names (optional)", type=["txt", "json"], max_upload_size=1, key=f"labels-{state.taken}",
                help="A text file with one name a line, or a JSON list.",
            )  # fmt: skip
        st.selectbox("Normalisation", list(_NORMALISATIONS), key="own-normalisation")
        columns = st.columns(2)
        columns[0].text_input("Mean", "0.5, 0.5, 0.5", key="own-mean", help="For “Other” only: one a channel.")
        columns[1].text_input("Std", "0.5, 0.5, 0.5", key="own-std", help="For “Other” only: one a channel.")
        st.form_submit_button(
            "Check and add", type="primary", icon=":material/fact_check:", on_click=_submit, args=(state,)
        )


def _submit(state: ModelsState) -> None:
    """Give the form to the one who reads weights. A callback, since a click would not outlive a new frame."""
    box = st.session_state
    file, labels = box[f"weights-{state.taken}"], box[f"labels-{state.taken}"]
    if file is None:
        state.problem = "Choose a file with weights first."
        return
    try:
        shown = _NORMALISATIONS[box["own-normalisation"]]
        pair = shown or (_numbers(box["own-mean"], "Mean"), _numbers(box["own-std"], "Std"))
        names = int(box["own-classes"]) if labels is None else models.read_labels(labels.getvalue(), labels.name)
        architecture = f"{box['own-library']}:{box['own-architecture'].strip()}"
        form = shelf.Form(file.getvalue(), file.name, architecture, names, int(box["own-side"]), *pair)
        state.adding, state.problem = shelf.take_in(form), None
    except AdvlabError as error:
        state.problem = str(error)
        return
    state.taken += 1  # lets the uploader forget the file: it is read once


def _numbers(text: str, name: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        raise ParameterError(f"{name} is one number a channel, such as 0.5, 0.5, 0.5.") from None
    if len(values) not in (1, 3):
        raise ParameterError(f"{name} is one number, or three, not {len(values)}.")
    return values * (3 // len(values))


def added(state: ModelsState) -> None:
    """What became of the weights that were given."""
    if state.problem:
        st.error(state.problem, icon=":material/error:")
    job = state.adding
    if job is None:
        return
    if job.live:
        _wait(state)
        return
    if job.problem or job.value is None:
        st.error(job.problem, icon=":material/error:")
        return
    found = job.value
    with st.container(border=True, key="preflight"):
        st.markdown(f"**{found.card.title}**: " + ("ready" if found.usable else "not usable yet"))
        for check in found.checks:
            st.markdown(f"{_ICONS[check.ok]} **{check.name}**: {check.sentence}")
        if found.usable:
            state.own[found.card.name] = found.card
            use(state, found.card.name, key="use-own", primary=True)


@st.fragment(run_every=0.4)
def _wait(state: ModelsState) -> None:
    if state.adding is None or not state.adding.live:
        st.rerun()
    st.progress(0.0, "Reading the weights and looking the model over…")
