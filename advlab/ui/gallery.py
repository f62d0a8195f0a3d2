"""A strip of pictures to choose from: real buttons, so that keyboard and screen readers know them."""

import base64
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st
from PIL import ImageOps

from advlab.serving.notes import SMALL
from advlab.ui.state import Picture

_SIDE = 144

# So many are shown at once; the others when somebody asks for them.
_FEW = 4
_FOLDER = Path(__file__).parent / "components"
_STRIP = st.components.v2.component(
    "advlab_gallery",
    html='<div class="strip" role="group" aria-label="Pictures"></div>',
    css=(_FOLDER / "gallery.css").read_text("utf-8"),
    js=(_FOLDER / "gallery.js").read_text("utf-8"),
)


def gallery(offered: Sequence[Picture], chosen: str, picked: Callable[[str], None]) -> None:
    """Draw the strip; `picked` is called with the reference of a picture that is clicked.

    A callback, because it is called before anything else of a run: what a component returns is lost when the
    run is cut off before it comes to the strip.
    """

    def clicked() -> None:
        ref = st.session_state["gallery"].get("picked")
        if ref is not None:
            picked(str(ref))

    shown = [{"ref": p.ref, "title": p.title, "own": p.private} | _thumbnail(p.ref, p) for p in offered]
    samples = [picture for picture in shown if not picture["own"]]
    tiny = bool(samples) and all(picture["small"] for picture in samples)  # so small that all of them have room
    data = {"chosen": chosen, "pictures": shown, "tiny": tiny, "few": len(shown) if tiny else _FEW}
    _STRIP(key="gallery", data=data, on_picked_change=clicked, width="content")


@st.cache_data(max_entries=200, show_spinner=False)
def _thumbnail(ref: str, _picture: Picture) -> dict[str, object]:  # noqa: ARG001 - the cache's key: it holds the digest
    image = _picture.image
    small = min(image.size) < SMALL  # enlarged by the browser, each pixel a square
    side = min(image.size) if small else _SIDE
    file = io.BytesIO()
    ImageOps.fit(image, (side, side)).save(file, "PNG")
    return {"small": small, "source": f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"}
