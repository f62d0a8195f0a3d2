"""What a file of weights says of itself, shown to whoever brought it, who may say otherwise."""

from html import escape

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from advlab import models
from advlab.errors import AdvlabError
from advlab.models import Settings
from advlab.ui.models import plain

_KEY = "own-believe"
_SHOWN = 5


def chosen(file: UploadedFile | None) -> Settings | None:
    """What the file says of itself, if it says anything usable and nobody wants to say it themselves."""
    if not st.session_state.get(_KEY, True):
        return None
    try:
        return _read(file)
    except AdvlabError:
        return None


def show(file: UploadedFile | None) -> Settings | None:
    """The description, with a switch to fill in the form instead; what `chosen` gives from now on."""
    try:
        said = _read(file)
    except AdvlabError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return None
    if said is None:
        return None
    channels, height, width = said.input_size
    more = f" and {len(said.labels) - _SHOWN:,} more" if len(said.labels) > _SHOWN else ""
    rows = {
        "Network": said.architecture,
        "Classes": f"{len(said.labels):,}: {', '.join(said.labels[:_SHOWN])}{more}",
        "Pictures": f"{width} × {height} pixels, {'colour' if channels == 3 else 'grey'}",
        "Normalisation": said.normalisation,
    }
    cells = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    st.html(
        f'<div class="card"><div class="title">The file says what it is: {escape(said.title)}</div></div>'
        f'<dl class="facts">{cells}</dl>'
    )
    believed = st.toggle(
        "Use what the file says", value=True, key=_KEY, help="Off: fill in the form yourself. It is checked either way."
    )
    return said if believed else None


def _read(file: UploadedFile | None) -> Settings | None:
    if file is None:
        return None
    file.seek(0)
    return models.proposal(file.read(models.HEAD_BYTES))
