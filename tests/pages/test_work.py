"""Who is given which result: by the pixels, never by a name."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from advlab.core.request import AttackRequest
from advlab.data import pictures
from advlab.errors import AdvlabError, ParameterError
from advlab.serving.jobs import Jobs
from advlab.ui import work
from advlab.ui.state import Picture

REQUEST = AttackRequest(picture="upload:one-name", model="m", attack="pgd", norm="linf", eps=0.01)


@dataclass(frozen=True)
class Held:
    image: Image.Image

    @property
    def digest(self) -> str:
        return pictures.digest(self.image)


@pytest.fixture
def ran(monkeypatch) -> Iterator[list[tuple[AttackRequest, str]]]:
    """What was run: the request and the digest of the picture; each result is that digest."""
    done: list[tuple[AttackRequest, str]] = []

    def run(request: AttackRequest, picture: Image.Image, **_: object) -> str:
        done.append((request, pictures.digest(picture)))
        return pictures.digest(picture)

    queue = Jobs(2, limit=2)
    monkeypatch.setattr("advlab.serving.lab.run", run)
    monkeypatch.setattr(work, "jobs", lambda: queue)
    yield done
    queue.close()


def upload(red: int) -> Picture:
    """Pictures that differ in one pixel, under one name."""
    pixels = np.zeros((40, 30, 3), np.uint8)
    pixels[7, 7, 0] = red
    return Picture("upload:one-name", "Your picture", Held(Image.fromarray(pixels)), "photo")


def test_equal_requests_on_different_pictures_do_not_mix(ran) -> None:
    pictures_ = [upload(red) for red in range(8)]
    for _ in range(2):
        for picture in pictures_:
            job = work.attack(REQUEST, picture)
            assert job.wait(10)
            assert job.value == pictures.digest(picture.image)
    assert len(ran) == 8


def test_a_size_is_part_of_a_picture(ran) -> None:
    pixels = np.zeros((40, 30, 3), np.uint8)
    for shape in ((40, 30, 3), (30, 40, 3)):
        picture = Picture("upload:one-name", "", Held(Image.fromarray(pixels.reshape(shape))), "photo")
        assert work.attack(REQUEST, picture).wait(10)
    assert len({digest for _, digest in ran}) == 2


def test_the_name_of_an_upload_does_not_open_its_result(ran) -> None:
    """A link may name somebody's upload, digest and all: without the pixels there is nothing under it."""
    theirs = upload(1)
    named = REQUEST.model_copy(update={"picture": f"upload:{pictures.digest(theirs.image)}"})
    first = work.attack(named, theirs)
    assert first.wait(10)
    mine = work.attack(named, upload(2))
    assert mine.wait(10)
    assert mine is not first
    assert mine.value == pictures.digest(upload(2).image)
    assert work.attack(named, upload(1)) is first


def test_more_than_the_limit_is_our_exception(ran, monkeypatch) -> None:
    monkeypatch.setattr("advlab.serving.lab.run", lambda *_, should_stop, **__: any(iter(should_stop, True)))
    jobs = [work.attack(REQUEST.model_copy(update={"seed": seed}), upload(0)) for seed in range(2)]
    with pytest.raises(AdvlabError, match="under way already"):
        work.attack(REQUEST.model_copy(update={"seed": 2}), upload(0))
    assert all(map(work.stop, jobs))
    assert all(job.wait(10) for job in jobs)


@pytest.mark.parametrize("text", ["", "many", "-1", "0", "1.5"])
def test_an_impossible_setting_is_a_sentence(monkeypatch, text: str) -> None:
    monkeypatch.setenv("ADVLAB_TORCH_THREADS", text)
    with pytest.raises(ParameterError, match="is impossible: set it to a whole number of at least 1"):
        work._threads()
