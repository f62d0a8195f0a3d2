"""A strip of pictures to choose from: real buttons, so that keyboard and screen readers know them."""

import base64
import io
from collections.abc import Callable, Sequence

import streamlit as st
from PIL import ImageOps

from advlab.ui.state import Picture

_SIDE = 144

_STRIP = st.components.v2.component(
    "advlab_gallery",
    html="""
<div class="strip" role="group" aria-label="Pictures"></div>
""",
    css="""
.strip { display: flex; flex-wrap: wrap; gap: 10px; padding: 3px; }
button {
  border: 0; padding: 0; margin: 0; background: none; cursor: pointer; border-radius: 10px;
  color: var(--st-text-color); font: 500 13px var(--st-font); width: 72px;
}
img { display: block; width: 72px; height: 72px; border-radius: 10px; outline: 1px solid var(--st-border-color); }
button[aria-pressed="true"] img { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
button[aria-pressed="true"] span { font-weight: 700; }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 5px; }
span { display: block; padding-top: 5px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
""",
    js="""
export default function ({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  const make = (picture) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.ref = picture.ref;
    const image = document.createElement("img");
    image.src = picture.source;
    image.alt = "";
    const title = document.createElement("span");
    title.textContent = picture.title;
    button.append(image, title);
    return button;
  };
  // Buttons that are there already stay, so that the keyboard's focus is not lost.
  const there = new Map([...strip.children].map((button) => [button.dataset.ref, button]));
  const wanted = new Set(data.pictures.map((picture) => picture.ref));
  there.forEach((button, ref) => wanted.has(ref) || button.remove());
  data.pictures.forEach((picture) => {
    const button = there.get(picture.ref) ?? strip.appendChild(make(picture));
    button.setAttribute("aria-pressed", String(picture.ref === data.chosen));
    button.onclick = () => setTriggerValue("picked", picture.ref);
  });
}
""",
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

    data = {
        "chosen": chosen,
        "pictures": [{"ref": p.ref, "title": p.title, "source": _thumbnail(p.ref, p)} for p in offered],
    }
    _STRIP(key="gallery", data=data, on_picked_change=clicked, width="content")


@st.cache_data(max_entries=200, show_spinner=False)
def _thumbnail(ref: str, _picture: Picture) -> str:  # noqa: ARG001 - the cache's key: it holds the digest
    file = io.BytesIO()
    ImageOps.fit(_picture.image, (_SIDE, _SIDE)).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
