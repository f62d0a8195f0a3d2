"""A real server and a real Chromium. Skipped where there is none, but never in CI."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import skimage.data
import torch
from PIL import Image

import advlab  # noqa: F401 - makes torchvision, and with it timm, importable
from tests.browser import support

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


def _missing() -> str | None:
    try:
        import playwright.sync_api  # noqa: F401, PLC0415
    except ImportError:
        return "playwright is not installed (requirements-dev.txt)"
    return None if CHROMIUM else "there is no Chromium on this machine"


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    reason = _missing()
    if reason and os.environ.get("CI"):
        pytest.fail(f"CI must drive the browser, but {reason}.")
    if reason:
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def start_server() -> tuple[subprocess.Popen[bytes], str]:
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.address", "127.0.0.1"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):  # noqa: S310
                return process, address
        except OSError:
            time.sleep(0.2)
    process.kill()
    raise RuntimeError("The server did not start.")


def _server() -> Iterator[str]:
    process, address = start_server()
    yield address
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="session")
def server(chromium: object) -> Iterator[str]:
    """One server for all tests that do not need a new one."""
    yield from _server()


@pytest.fixture
def new_server(chromium: object) -> Iterator[str]:
    """A server that nobody has visited yet."""
    yield from _server()


@pytest.fixture
def page(chromium, server) -> Iterator:
    page = chromium.new_page(viewport={"width": 1440, "height": 1000}, base_url=server)
    yield page
    assert page.locator("[data-testid=stException]").count() == 0
    page.close()


@pytest.fixture(scope="session")
def photo(tmp_path_factory) -> Path:
    """A photo that is not in the repository, with a camera's rotation flag."""
    picture = Image.fromarray(skimage.data.astronaut()[40:400, 60:480])
    file = tmp_path_factory.mktemp("photo") / "photo.jpg"
    exif = picture.getexif()
    exif[0x0112] = 3
    picture.rotate(180).save(file, quality=95, exif=exif)
    return file


@pytest.fixture(scope="session", name="judge")
def _judge() -> torch.nn.Module:
    return support.plain_timm()
