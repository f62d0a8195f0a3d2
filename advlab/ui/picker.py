"""Which picture: samples, an upload, the camera, a drawing; and our own files, which are recognised."""

from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from advlab import attacks
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data import pictures, uploads
from advlab.data.uploads import Upload
from advlab.errors import AdvlabError
from advlab.models import Card
from advlab.serving.notes import title
from advlab.serving.outcome import Look, percent, size
from advlab.serving.recognise import Recognised
from advlab.ui import arrival, run, suited, work
from advlab.ui.gallery import gallery
from advlab.ui.pad import SHOWS, pad, reads_digits
from advlab.ui.state import LabState, Picture


def picker(state: LabState, card: Card, look: Look | None) -> None:
    """The strip of pictures and the ways to bring another one."""
    row = st.container(horizontal=True, vertical_alignment="center", key="picker", width="content")
    strip = row.container(width="content")
    # A new key after each picture, so that the popover closes.
    with row.popover("Upload", icon=":material/upload:", key=f"upload-{state.uploads}"):
        st.file_uploader(
            "A photo of your own",
            max_upload_size=pictures.MAX_BYTES // 2**20,
            key="upload",
            on_change=_uploaded,
            args=(state,),
            help="It stays on this server, and only you see it. A PNG that AdvLab made is recognised.",
        )
    if reads_digits(card):  # a camera does not see what these were trained on: white strokes on black
        with row.popover("Draw", icon=":material/draw:", key="draw"):
            pad(state, look, lambda picture: _drawn(state, picture))
    else:
        _camera_button(state, row)
    with strip:
        gallery(suited.offered(state, card), state.picture.ref, lambda ref: _pick(state, ref))


def _pick(state: LabState, ref: str) -> None:
    if ref in state.offered and ref != state.picture.ref:
        take(state, state.offered[ref])


def problem(state: LabState) -> None:
    """What went wrong with a picture or a run."""
    if state.problem:
        st.error(state.problem, icon=":material/error:")


def _camera_button(state: LabState, row: DeltaGenerator) -> None:
    with row.popover("Camera", icon=":material/photo_camera:", key=f"camera-{state.uploads}", on_change="rerun") as box:
        if box.open:
            _camera(state)


def _camera(state: LabState) -> None:
    if not _secure(str(st.context.url or "")):
        st.info(
            "Browsers give the camera to encrypted pages only: open this page by https, or on the server itself. "
            "Or take the photo with your phone's camera and upload it."
        )
        return
    st.camera_input("Take a photo", key="camera", on_change=_photographed, args=(state,), label_visibility="collapsed")
    st.caption("If there is no picture: allow the camera for this page in the browser, or upload a photo.")


def _secure(url: str) -> bool:
    """Whether browsers count the address as a secure context."""
    parts = urlsplit(url)
    return parts.scheme != "http" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _photographed(state: LabState) -> None:
    photo = st.session_state["camera"]
    if photo is not None:
        _bring(state, photo.getvalue(), "photo.jpg")


def _uploaded(state: LabState) -> None:
    file = st.session_state["upload"]
    state.problem = None
    if file is not None:
        _bring(state, file.getvalue(), file.name)


def _drawn(state: LabState, picture: Image.Image) -> None:
    """A digit of the visitor's own: kept, attacked and taken along like an upload."""
    _bring(state, pictures.png(np.asarray(picture)[..., None]), "digit.png", "Your digit", SHOWS)


def _bring(state: LabState, data: bytes, name: str, title: str = "Your picture", shows: tuple[str, ...] = ()) -> None:
    state.uploads += 1
    try:
        upload = uploads.take(data, name)
    except AdvlabError as error:
        state.problem = str(error)
        return
    made_by = _made_by(state, upload)
    title = title if made_by is None else "Made here"
    mine = Picture(
        f"upload:{upload.digest}", title, upload, Path(name).stem, name, made_by, remarks=upload.remarks, shows=shows
    )
    state.keep(mine)
    take(state, mine)
    if made_by is not None:
        arrival.put({"model": made_by.model})


def _made_by(state: LabState, upload: Upload) -> AttackRequest | None:
    """The run that made this file, if it is one of ours and can still be judged here."""
    request, pixels, here = upload.request, upload.image.size, state.cards()
    if request is not None and request.model == "own":  # a file never names somebody's weights
        mine = [name for name, card in state.models.own.items() if card.input_size[:0:-1] == pixels]
        request = request.model_copy(update={"model": mine[-1]}) if mine else None
    if request is None or request.model not in here or request.attack not in attacks.available():
        return None
    return request if here[request.model].input_size[:0:-1] == pixels else None


def take(state: LabState, picture: Picture) -> None:
    """Another picture: what was found on the one before is no longer shown."""
    run.leave(state)
    state.picture, state.outcome, state.beside, state.problem, state.notice = picture, None, None, None, None
    state.boundary.notice = state.explain.notice = None
    state.strange = True


def forget_truth(state: LabState) -> None:
    """What was said of the picture before is not true of another one. Before the controls are drawn."""
    if state.strange:
        st.session_state["truth"], state.strange = None, False


def recognised(state: LabState) -> None:
    """What is known of a file that we made."""
    picture = state.picture
    if picture.made_by is None:
        return
    clean = state.find(picture.made_by.picture)
    job = work.recognition(picture, clean)
    if not job.wait(3):
        st.caption("This file was made by AdvLab; it is being judged anew…")
    elif job.value is not None:
        st.success(_said(job.value, clean), icon=":material/verified:")
    elif job.problem:
        st.warning(job.problem)


def _said(found: Recognised, clean: Picture | None) -> str:
    request = found.request
    said = (
        f"**Recognised: a file made by AdvLab** ({title(request)}). Opened pixel by pixel and "
        f"judged again: the model says **{found.after.label}** ({percent(found.after.confidence)})."
    )
    if found.before is None or found.sizes is None or clean is None:
        return said + " The photo it was made from is not at hand, so the change cannot be measured."
    inside = {None: "", True: ", within its budget", False: ", **more than its budget**"}[found.inside]
    largest = size(Norm.LINF, found.sizes["linf"])
    norm = (
        "" if request.norm is Norm.LINF else f", {request.norm.symbol} {size(request.norm, found.sizes[request.norm])}"
    )
    return (
        f"{said} To its original, “{clean.title}”, it says **{found.before.label}** "
        f"({percent(found.before.confidence)}). Measured again between the two: largest change {largest}{norm}{inside}."
    )
