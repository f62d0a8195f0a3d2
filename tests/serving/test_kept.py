"""What results weigh, and which of them stay."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from advlab.serving.kept import Kept, size

MB = 2**20


@dataclass(frozen=True)
class Result:
    pixels: np.ndarray
    more: tuple[np.ndarray, ...]
    notes: dict[str, str]


def near(value: object, expected: int) -> bool:
    return abs(size(value) - expected) < 2000


def test_arrays_inside_are_counted_once() -> None:
    pixels = np.zeros(MB, np.uint8)
    assert near(Result(pixels, (), {}), MB)
    assert near(Result(pixels, (pixels, pixels[::2]), {"a": "b"}), MB)
    assert near(Result(pixels, (pixels.copy(),), {}), 2 * MB)


def test_a_part_counts_for_all_that_it_keeps_alive() -> None:
    assert near(np.zeros(MB, np.uint8)[:10], MB)


def test_memory_that_belongs_to_torch_is_counted() -> None:
    assert near(torch.zeros(3, 512, 512, dtype=torch.uint8).permute(1, 2, 0).numpy(), 3 * 2**18)


def test_pictures_are_counted() -> None:
    assert near([Image.new("RGB", (1024, 1024))], 3 * MB)


def test_the_least_recently_used_go_first() -> None:
    kept = Kept[str](100, most=3)
    for key in "abc":
        kept.put(key, key, 10)
    assert kept.get("a") == "a"
    kept.put("d", "d", 10)
    assert [kept.get(key) for key in "abcd"] == ["a", None, "c", "d"]
    kept.put("e", "e", 85)
    assert kept.get("e") == "e"
    assert (len(kept), kept.bytes) == (2, 95)


def test_what_is_too_large_is_not_kept_and_throws_nothing_out() -> None:
    kept = Kept[str](100)
    kept.put("a", "a", 50)
    kept.put("b", "b", 101)
    assert (kept.get("a"), kept.get("b"), kept.bytes) == ("a", None, 50)


def test_the_same_key_replaces() -> None:
    kept = Kept[str](100)
    kept.put("a", "a", 50)
    kept.put("a", "b", 60)
    assert (kept.get("a"), kept.bytes) == ("b", 60)
