"""Data sets from files and from torchvision: read as they are, or refused with a sentence."""

import gzip
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from advlab.data import sets
from advlab.data.sets import image_set, torchvision_sets
from advlab.errors import InputError, ParameterError, ResourceError
from tests.training import toys


def folder_of(images, folder):
    """The set as a folder for each class."""
    for row, (pixels, label) in enumerate(zip(images.images, images.labels, strict=True)):
        place = folder / images.names[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.permute(1, 2, 0).squeeze(2).numpy()).save(place / f"{row:04}.png")


@pytest.mark.parametrize("size", [(1, 8, 8), (3, 6, 5)])
def test_parquet_is_read_to_the_bit(tmp_path, size):
    images = toys.stripes(12, size=size)
    toys.write_parquet(tmp_path, images)
    read = sets.read(tmp_path, "train")
    assert torch.equal(read.images, images.images)
    assert torch.equal(read.labels, images.labels)
    assert read.names == toys.NAMES
    assert read.size == size
    assert torch.equal(read.floats(slice(2, 4)), images.images[2:4] / 255)


def test_several_files_are_one_set(tmp_path):
    first, second = toys.stripes(6), toys.stripes(9, seed=1)
    toys.write_parquet(tmp_path / "data", first, "test-00000-of-00002")
    toys.write_parquet(tmp_path / "data", second, "test-00001-of-00002")
    read = sets.read(str(tmp_path), "test")
    assert torch.equal(read.images, torch.cat((first.images, second.images)))


def test_class_folders_are_read_in_alphabetical_order(tmp_path):
    images = toys.stripes(12, size=(3, 8, 8))
    folder_of(images, tmp_path / "train")
    folder_of(images, tmp_path / "val")
    read = sets.read(tmp_path, "train")
    assert read.names == ("bottom", "left", "top")
    assert read.labels.tolist() == sorted(read.labels.tolist())
    assert torch.equal(read.images[read.labels == 2], images.images[images.labels == 0])
    assert len(sets.read(tmp_path, "test")) == 12


def test_pictures_are_brought_to_a_size(tmp_path):
    toys.write_parquet(tmp_path, toys.stripes(6, size=(3, 8, 8)))
    assert sets.read(tmp_path, "train", (1, 4, 6)).size == (1, 4, 6)
    assert sets.read(tmp_path, "train", (3, 16, 16)).size == (3, 16, 16)


def idx(kind, array):
    """A file of MNIST's own format."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def test_torchvision_sets_go_by_name(tmp_path, monkeypatch):
    """MNIST as torchvision keeps it, with pictures of our own."""
    monkeypatch.setenv("ADVLAB_HOME", str(tmp_path))
    raw = torchvision_sets.home() / "MNIST" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    images = toys.stripes(6, size=(1, 28, 28))
    for part in ("train", "t10k"):
        pixels, labels = images.images[:, 0].numpy(), images.labels.numpy().astype(np.uint8)
        for name, content in (("images-idx3-ubyte", idx(8, pixels)), ("labels-idx1-ubyte", idx(8, labels))):
            (raw / f"{part}-{name}").write_bytes(content)
            (raw / f"{part}-{name}.gz").write_bytes(gzip.compress(content))
    read = sets.read("torchvision:MNIST", "train")
    assert torch.equal(read.images, images.images)
    assert torch.equal(read.labels, images.labels)
    assert read.names[3].startswith("3")


def test_a_set_that_cannot_be_downloaded_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("ADVLAB_HOME", str(tmp_path))

    def offline(*_args, **_options):
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", offline)
    with pytest.raises(ResourceError, match="MNIST is not on this computer and cannot be downloaded"):
        sets.read("torchvision:MNIST", "train")


@pytest.mark.parametrize("name", ["CIFAR11", "wrap_dataset_for_transforms_v2", ""])
def test_unknown_sets_are_named(name):
    with pytest.raises(ParameterError, match="torchvision has no data set"):
        sets.read(f"torchvision:{name}", "train")


def test_sets_without_classes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ADVLAB_HOME", str(tmp_path))
    with pytest.raises(ParameterError, match="cannot be used here"):
        sets.read("torchvision:FakeData", "train")


def table(columns):
    return pa.table(columns)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda d: None, "neither train.parquet nor a folder train"),
        (lambda d: (d / "train.parquet").write_bytes(b"PAR1 not really"), "cannot be read as Parquet"),
        (lambda d: pq.write_table(table({"a": [1]}), d / "train.parquet"), "it needs “image”"),
        (lambda d: pq.write_table(table({"image": [1], "label": [1]}), d / "train.parquet"), "encoded images"),
        (
            lambda d: pq.write_table(table({"image": [{"bytes": b"GIF89"}], "label": [0]}), d / "train.parquet"),
            "Picture 0 of train.parquet cannot be read",
        ),
        (
            lambda d: pq.write_table(table({"image": [{"bytes": None}], "label": [0]}), d / "train.parquet"),
            "Picture 0 of train.parquet cannot be read",
        ),
        (lambda d: (d / "train" / "cat").mkdir(parents=True), "a folder for each class"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path, write, words):
    write(tmp_path)
    with pytest.raises(InputError, match=words):
        sets.read(tmp_path, "train")


def test_pictures_of_different_sizes_need_one(tmp_path):
    for name, side in (("a", 5), ("b", 6)):
        (tmp_path / "train" / name).mkdir(parents=True)
        Image.new("RGB", (side, side)).save(tmp_path / "train" / name / "x.png")
    with pytest.raises(InputError, match="differ in size"):
        sets.read(tmp_path, "train")
    assert sets.read(tmp_path, "train", (3, 5, 5)).size == (3, 5, 5)


def test_a_set_that_does_not_fit_says_so_before_it_is_tried(tmp_path, monkeypatch):
    toys.write_parquet(tmp_path, toys.stripes(6))
    monkeypatch.setattr(image_set, "_MOST", 100)
    with pytest.raises(ResourceError, match="smaller --size"):
        sets.read(tmp_path, "train")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="There is no folder"):
        sets.read(tmp_path / "nowhere", "train")
