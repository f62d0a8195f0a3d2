"""Our own pictures coming back: recognised by their note, and taken pixel by pixel."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data import notes, pictures
from tests.networks import conv, wrap

REQUEST = AttackRequest(
    picture="sample:coffee",
    model="efficientnet_lite0",
    attack="pgd",
    norm=Norm.LINF,
    eps=2 / 255,
    target=7,
    seed=3,
    parameters={"steps": 20, "step_size": None, "random_start": True},
)


def pixels(size=(3, 9, 7), seed=0):
    channels, height, width = size
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def exported(text=None, size=(3, 9, 7)):
    about = {"advlab": REQUEST.model_dump_json() if text is None else text, "verdict": "FOOLED"}
    return pictures.png(pixels(size), about=about)


def with_chunk(kind, content, data=None, checksum=None):
    """A PNG with one more chunk after its header."""
    data = data or pictures.png(pixels())
    body = kind + content
    checksum = zlib.crc32(body) if checksum is None else checksum
    return data[:33] + struct.pack(">I", len(content)) + body + struct.pack(">I", checksum) + data[33:]


def test_our_own_png_is_recognised():
    assert pictures.recognise(exported()) == REQUEST


@pytest.mark.parametrize("size", [(3, 9, 7), (1, 28, 28), (3, 224, 224)])
def test_export_read_and_as_is_give_back_every_value(size):
    given = pixels(size)
    read = pictures.read(pictures.png(given, about={"advlab": REQUEST.model_dump_json()}))
    x = wrap(conv(size), 4, size).as_is(read)
    assert np.array_equal((x[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy(), given)


def test_notes_in_any_language():
    assert notes.note(pictures.png(pixels(), about={"title": "ε ≤ 2/255, “猫”"}), "title") == "ε ≤ 2/255, “猫”"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "{",
        "null",
        "[]",
        "{}",
        "[" * 10_000,
        '{"a":' * 3_000,
        REQUEST.model_dump_json().replace("linf", "l7"),
        REQUEST.model_dump_json().replace('"seed":3', '"seed":-3'),
        REQUEST.model_dump_json().replace('"seed":3', '"seed":' + "9" * 6_000),
        REQUEST.model_dump_json().replace('"seed":3', '"seed":3,"surprise":1'),
        REQUEST.model_dump_json().replace('"sample:coffee"', '{"$ref": "file"}'),
        REQUEST.model_dump_json().replace('"sample:coffee"', '"' + "x" * 20_000 + '"'),
        REQUEST.model_dump_json().replace('"pgd"', '"\\ud800"'),
        REQUEST.model_dump_json()[:-5],
    ],
    ids=range(16),
)
def test_a_malformed_note_is_none(text):
    assert pictures.recognise(exported(text)) is None


def test_what_is_no_png_of_ours_is_none():
    whole = exported()
    for data in (b"", b"advlab", b"\x89PNG\r\n\x1a\n", pictures.png(pixels()), b"x" + whole, whole[1:]):
        assert pictures.recognise(data) is None
    file = io.BytesIO()
    Image.fromarray(pixels()).save(file, "JPEG", comment=REQUEST.model_dump_json())
    assert pictures.recognise(file.getvalue()) is None


def test_every_cut_and_every_flipped_byte_is_none_or_the_request():
    whole = exported()
    note = whole.index(b"advlab")
    for length in range(len(whole)):
        assert pictures.recognise(whole[:length]) in (None, REQUEST)
    for at in range(note - 8, note + len(REQUEST.model_dump_json()) + 20):
        broken = bytearray(whole)
        broken[at] ^= 0x10
        assert pictures.recognise(bytes(broken)) in (None, REQUEST)


def test_only_our_kind_of_text_chunk_counts():
    text = REQUEST.model_dump_json().encode()
    assert pictures.recognise(with_chunk(b"iTXt", b"advlab\0\0\0\0\0" + text)) == REQUEST
    assert pictures.recognise(with_chunk(b"iTXt", b"advlab\0\0\0en\0AdvLab\0" + text)) == REQUEST
    compressed = b"advlab\0\x01\0\0\0" + zlib.compress(text)
    assert pictures.recognise(with_chunk(b"iTXt", compressed)) is None
    assert pictures.recognise(with_chunk(b"tEXt", b"advlab\0" + text)) is None
    assert pictures.recognise(with_chunk(b"iTXt", b"advlab2\0\0\0\0\0" + text)) is None
    assert pictures.recognise(with_chunk(b"iTXt", b"advlab\0\0\0\0\0" + text, checksum=0)) is None
    assert pictures.recognise(with_chunk(b"iTXt", b"advlab\0\0\0\0\0\xff\xfe")) is None


def test_a_bomb_of_text_is_not_unpacked():
    info = PngInfo()
    info.add_itxt("advlab", "[" * 50_000_000, zip=True)
    file = io.BytesIO()
    Image.fromarray(pixels()).save(file, "PNG", pnginfo=info)
    assert pictures.recognise(file.getvalue()) is None


def test_a_million_chunks_are_not_walked():
    tiny = struct.pack(">I", 0) + b"prVt" + struct.pack(">I", zlib.crc32(b"prVt"))
    whole = exported()
    assert pictures.recognise(whole[:33] + tiny * 1_000_000 + whole[33:]) is None
