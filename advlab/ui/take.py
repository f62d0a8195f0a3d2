"""What people take along: files, the lines that reproduce the result, and the link."""

import streamlit as st

from advlab.core.request import AttackRequest
from advlab.serving.exports import command, files, report, script
from advlab.serving.outcome import Outcome, size
from advlab.ui import arrival
from advlab.ui.state import LabState, Picture


def files_of(outcome: Outcome, picture: Picture | None) -> None:
    """The result in every form, each made when it is asked for."""
    request = outcome.request
    limit = "" if request.eps is None else "-" + size(request.norm, request.eps).replace("/255", "")
    stem = f"{picture.stem if picture else 'picture'}-{request.attack}{limit}-seed{request.seed}"
    file, title = (picture.file or "photo.png", picture.title) if picture else ("photo.png", "A picture")
    st.markdown("**Take it with you**")
    with st.container(horizontal=True, key="files"):
        if outcome.changed:
            _file("Picture (PNG)", outcome.png, f"{stem}.png", "image/png",
                  "Lossless, exactly the judged pixels. Upload it again and it is recognised.")  # fmt: skip
        _file("Report (HTML)", lambda: report.html(outcome, title, picture_name=file), f"{stem}.html", "text/html",
              "One file with everything in it; opens without the internet.")  # fmt: skip
        _file("Tensors (NPZ)", lambda: files.npz(outcome), f"{stem}.npz", "application/octet-stream",
              "Clean, adversarial and perturbation as float32, the film and the curve, for NumPy.")  # fmt: skip
        _file("Script (Python)", lambda: script.script(outcome, file), f"{stem}.py", "text/x-python",
              "Reproduces the result, to the bit on the same kind of machine.")  # fmt: skip
        _file("YAML", lambda: files.as_yaml(outcome), f"{stem}.yaml", "application/yaml",
              "The request and its result; `python -m advlab attack --request` runs it.")  # fmt: skip
        _file("JSON", lambda: files.as_json(outcome), f"{stem}.json", "application/json",
              "The same as JSON.")  # fmt: skip
    st.caption("In a terminal:")
    st.code(command.cli(outcome, file), language=None, wrap_lines=True)


def _file(label: str, data: object, name: str, mime: str, about: str) -> None:
    st.download_button(
        label,
        data,  # type: ignore[arg-type]  # bytes, or a function that makes them
        file_name=name,
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
        key=f"take-{name.rsplit('.', 1)[1]}",
        help=about,
    )


def share(state: LabState, request: AttackRequest | None) -> None:
    """The link to what is set now."""
    if request is None:
        st.caption("First mend what the controls complain about.")
        return
    url, left_out = arrival.link(state, request)
    starts = "" if left_out else ", and the run starts"
    st.markdown(f"**This attack as a link.** Whoever opens it gets the same controls{starts}.")
    st.code(url, language=None, wrap_lines=True)
    if left_out:
        st.info(left_out, icon=":material/lock:")
