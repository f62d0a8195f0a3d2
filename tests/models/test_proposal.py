"""What a file of weights says of itself: taken where it can be true, refused with a sentence where it cannot."""

import json
import struct
import time

import pytest
import torch
from safetensors.torch import save

from advlab import models
from advlab.errors import AdvlabError, ModelError
from advlab.models import own
from tests.models import throwaway

TRUE = {
    "title": "Traffic signs · PGD-trained",
    "architecture": throwaway.ARCHITECTURE,
    "labels": ["stop", "give way", "no entry", "priority road"],
    "input_size": [3, 32, 32],
    "mean": [0.5, 0.4, 0.3],
    "std": [0.25, 0.2, 0.1],
}


def described(text, weights=None):
    """The bytes of weights whose metadata says `text` (a string, or something for JSON)."""
    content = throwaway.weights() if weights is None else weights
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = {"advlab": text if isinstance(text, str) else json.dumps(text)}
    return framed(json.dumps(header).encode()) + content[8 + length :]


def framed(header):
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for name in list(own._cards):
        models.forget(name)


def test_it_says_all_that_is_needed(tmp_path):
    content = described(TRUE)
    said = models.proposal(content)
    assert said.architecture == TRUE["architecture"]
    assert said.labels == tuple(TRUE["labels"])
    assert said.input_size == (3, 32, 32)
    assert said.preprocessing.mean == (0.5, 0.4, 0.3)
    assert said.preprocessing.std == (0.25, 0.2, 0.1)
    assert said.title == TRUE["title"]
    file = tmp_path / "weights.safetensors"
    file.write_bytes(content)
    assert models.proposal(file) == said
    card = models.add_own(
        content, architecture=said.architecture, labels=said.labels, input_size=said.input_size,
        mean=said.preprocessing.mean, std=said.preprocessing.std, title=said.title,
    )  # fmt: skip
    assert all(check.ok is not False for check in models.preflight(models.load(card.name, "cpu")))


def test_the_sentence_for_people():
    assert models.proposal(described(TRUE)).sentence == (
        f"{throwaway.ARCHITECTURE}; 4 classes: stop, give way, no entry and 1 more; colour pictures of 32 × 32 pixels; "
        "mean 0.5 0.4 0.3, std 0.25 0.2 0.1."
    )
    grey = {**TRUE, "input_size": [1, 28, 20], "mean": [], "std": None, "labels": ["a", "b"]}
    assert models.proposal(described(grey)).sentence == (
        f"{throwaway.ARCHITECTURE}; 2 classes: a, b; grey pictures of 20 × 28 pixels; values as they are, in [0, 1]."
    )


def test_the_head_of_the_file_is_enough():
    content = described(TRUE)
    assert models.proposal(content[: len(content) // 2]) is not None
    assert models.HEAD_BYTES < 10_000_000


SILENT = {
    "empty": b"",
    "no metadata": throwaway.weights(),
    "other metadata": save({"a": torch.zeros(2)}, metadata={"format": "pt"}),
    "a pickle": b"\x80\x02}q\x00." + b'"advlab"' * 3,
    "torn header": described(TRUE)[:200],
    "length beyond the file": struct.pack("<Q", 2**63) + b'{"advlab": 1}',
    "no JSON": framed(b'{"advlab": '),
    "deep": framed(b'{"advlab":' + b"[" * 200_000),
    "a list": framed(b'{"advlab"' + b":[]}"),
    "metadata is a list": framed(b'{"__metadata__": ["advlab"]}'),
    "not text": framed(b'{"__metadata__": {"advlab": {"title": "a"}}}'),
    "huge number": framed(b'{"advlab": ' + b"9" * 100_000 + b"}"),
    "header beyond the bound": framed(b'{"__metadata__": {"advlab": "' + b"a" * 3_000_000 + b'"}}'),
    "not UTF-8": framed(b'{"__metadata__": {"advlab": "\xff\xfe"}}'),
}


@pytest.mark.parametrize("kind", SILENT)
def test_a_file_that_says_nothing_is_no_mistake(kind):
    assert models.proposal(SILENT[kind]) is None


def test_a_file_that_is_not_there_says_nothing(tmp_path):
    assert models.proposal(tmp_path / "nowhere") is None


HOSTILE = {
    "no JSON": "{",
    "deep": "[" * 100_000,
    "a list": [],
    "null": "null",
    "too long": json.dumps({**TRUE, "title": "a" * 600_000}),
    "no labels": {key: value for key, value in TRUE.items() if key != "labels"},
    "one label": {**TRUE, "labels": ["stop"]},
    "labels are numbers": {**TRUE, "labels": [1, 2]},
    "labels are a number": {**TRUE, "labels": 10**9},
    "a label is empty": {**TRUE, "labels": ["", "b"]},
    "a label is nothing to see": {**TRUE, "labels": ["\u202e\u0000", "b"]},
    "a label is half a character": {**TRUE, "labels": ["\ud800", "b"]},
    "a label is a book": {**TRUE, "labels": ["a" * 10_000, "b"]},
    "too many labels": {**TRUE, "labels": ["a"] * 20_000},
    "another library": {**TRUE, "architecture": "keras:resnet18"},
    "a hub": {**TRUE, "architecture": "timm:hf-hub:evil/model"},
    "a path": {**TRUE, "architecture": "timm:local-dir:/etc"},
    "no such network": {**TRUE, "architecture": "advlab:preact_resnet8_w33"},
    "a long name": {**TRUE, "architecture": "advlab:" + "a" * 1000},
    "not a name": {**TRUE, "architecture": ["advlab:preact_resnet8_w32"]},
    "two sides": {**TRUE, "input_size": [32, 32]},
    "a huge side": {**TRUE, "input_size": [3, 10**6, 10**6]},
    "a negative side": {**TRUE, "input_size": [3, -32, 32]},
    "half a pixel": {**TRUE, "input_size": [3, 32.5, 32]},
    "a side in words": {**TRUE, "input_size": ["3", "32", "32"]},
    "true is no side": {**TRUE, "input_size": [True, 32, 32]},
    "five channels": {**TRUE, "input_size": [5, 32, 32]},
    "mean for one": {**TRUE, "mean": [0.5]},
    "mean is NaN": json.dumps(TRUE).replace("0.4", "NaN"),
    "std is infinite": json.dumps(TRUE).replace("0.25", "Infinity"),
    "std is 0": {**TRUE, "std": [0.2, 0, 0.2]},
    "std is far": {**TRUE, "std": [1e300, 1, 1]},
    "a huge number": json.dumps(TRUE).replace("0.4", "9" * 10_000),
    "title is a list": {**TRUE, "title": ["a"]},
    "title is a book": {**TRUE, "title": "a" * 1000},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_cannot_be_is_a_sentence(kind):
    models.architectures_of("timm")  # importing it is not part of reading
    started = time.perf_counter()
    with pytest.raises(ModelError) as caught:
        models.proposal(described(HOSTILE[kind]))
    sentence = str(caught.value)
    assert sentence.startswith("What the file says of itself cannot be used (")
    assert sentence.endswith("say yourself what it is.")
    assert len(sentence) < 500
    assert all(character.isprintable() for character in sentence)
    assert time.perf_counter() - started < 5


def test_words_that_would_change_others_are_made_plain():
    said = models.proposal(
        described({**TRUE, "title": "a\n\u202eb\x1b[31m", "labels": ["<b>stop</b>", "**x**", " two\twords ", "c"]})
    )
    assert said.title == "a b [31m"
    assert said.labels == ("<b>stop</b>", "**x**", "two words", "c")


def test_labels_that_occur_twice_are_told_apart():
    assert models.proposal(described({**TRUE, "labels": ["a", "a", "b", "c"]})).labels == ("a", "a (2)", "b", "c")


def test_what_is_more_is_left_alone():
    assert models.proposal(described({**TRUE, "recipe": {"epochs": 3}, "weights": "http://example.org"})) is not None


def test_a_lie_about_the_network_is_found_when_the_weights_are_read():
    said = models.proposal(described({**TRUE, "architecture": "advlab:preact_resnet8_w32"}))
    with pytest.raises(AdvlabError, match="do not fit advlab:preact_resnet8_w32"):
        models.add_own(described(TRUE), architecture=said.architecture, labels=said.labels, input_size=said.input_size)
