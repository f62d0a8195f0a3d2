"""What tests of pages share."""

import io
import time
from pathlib import Path

from PIL import Image
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()


def lab(**link: str) -> AppTest:
    at = app().switch_page("pages/lab.py")
    for name, value in link.items():
        at.query_params[name.removesuffix("_")] = value
    return at.run()


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def state(at: AppTest):
    return at.session_state["lab"]


def finish(at: AppTest, seconds: float = 120) -> AppTest:
    """Run the script again until the jobs that it shows have ended."""
    deadline = time.monotonic() + seconds
    while state(at).job is not None:
        assert time.monotonic() < deadline, "the run did not end"
        for job in (state(at).job, state(at).second):
            if job is not None:
                job.wait(1)
        at.run()
    return at


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
