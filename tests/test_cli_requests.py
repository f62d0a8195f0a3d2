"""Requests that are written down: the command line writes them, reads them, and says what they leave out."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from advlab.cli import app
from advlab.data import pictures
from advlab.data.samples import sample
from advlab.errors import AdvlabError

RUNNER = CliRunner()
FAST = ["--attack", "fgsm", "--eps", "2/255"]
KINDS = {"png", "npz", "json", "yaml", "py", "sh", "html"}


def run(*arguments: object) -> str:
    result = RUNNER.invoke(app, ["attack", *map(str, arguments)])
    assert result.exit_code == 0, result.output or result.exception
    return " ".join(result.output.split())


def pixels(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        return np.asarray(picture)


def test_everything_is_written_under_one_name(tmp_path: Path) -> None:
    run("sample:cat", *FAST, "--out", tmp_path / "a")
    assert {file.name for file in (tmp_path / "a").iterdir()} == {f"cat-fgsm.{kind}" for kind in KINDS}
    data = (tmp_path / "a" / "cat-fgsm.png").read_bytes()
    assert pictures.recognise(data).picture == "sample:cat"


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_a_request_file_repeats_the_run(kind: str, tmp_path: Path) -> None:
    run("sample:cat", *FAST, "--seed", 5, "--truth", "tiger cat", "--out", tmp_path / "a")
    said = run("--request", tmp_path / "a" / f"cat-fgsm.{kind}", "--threads", 1, "--out", tmp_path / "b")
    assert "Another picture" not in said
    assert np.array_equal(pixels(tmp_path / "a" / "cat-fgsm.png"), pixels(tmp_path / "b" / "cat-fgsm.png"))
    facts = json.loads((tmp_path / "b" / "cat-fgsm.json").read_text("utf-8"))
    assert (facts["request"]["seed"], facts["result"]["truth"]) == (5, "tiger cat")


def test_a_request_on_another_picture_says_so(tmp_path: Path) -> None:
    run("sample:cat", *FAST, "--out", tmp_path)
    sample("coffee").picture().save(tmp_path / "mine.png")
    said = run(tmp_path / "mine.png", "--request", tmp_path / "cat-fgsm.yaml", "--out", tmp_path / "b")
    assert "Another picture than that of" in said
    assert "name it before --request" in refused("--request", tmp_path / "b" / "mine-fgsm.yaml")


def test_exact_takes_the_pixels_of_the_file(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    run(tmp_path / "noise.png", "--exact", *FAST, "--out", tmp_path / "out")
    with np.load(io.BytesIO((tmp_path / "out" / "noise-fgsm.npz").read_bytes())) as arrays:
        assert np.array_equal(arrays["clean_8bit"], noise)
    Image.fromarray(noise[:50]).save(tmp_path / "small.png")
    assert "50 pixels" in refused(tmp_path / "small.png", "--exact", *FAST)


def test_threads_are_those_asked_for() -> None:
    before = torch.get_num_threads()
    try:
        run("sample:cat", *FAST, "--threads", 2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def refused(*arguments: object) -> str:
    result = RUNNER.invoke(app, ["attack", *map(str, arguments)])
    assert isinstance(result.exception, AdvlabError), result.output
    return str(result.exception)


def test_mistakes_around_requests_are_sentences(tmp_path: Path) -> None:
    file = tmp_path / "r.yaml"
    file.write_text("picture: upload:0a1b\nmodel: efficientnet_lite0\nattack: pgd\nnorm: linf\neps: 2/255\n", "utf-8")
    assert "name it before --request" in refused("--request", file)
    assert "leave out --model" in refused("sample:cat", "--request", file, "--model", "efficientnet_lite1")
    assert "leave out --set" in refused("sample:cat", "--request", file, "--set", "steps=1")
    assert "Cannot read" in refused("sample:cat", "--request", tmp_path / "nowhere.yaml")
    assert "Say which picture" in refused(*FAST)
    assert "There is no device" in refused("sample:cat", *FAST, "--device", "cuda:99")
    assert "has no class" in refused("sample:cat", *FAST, "--truth", "no such thing")
    weights = ("--weights", file, "--architecture", "torchvision:resnet18", "--classes", 3)
    assert "no size; write --size" in refused("sample:cat", *FAST, *weights, "--size", "big")
