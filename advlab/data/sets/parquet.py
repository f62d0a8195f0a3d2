"""Parquet files in Hugging Face's image layout: a column of encoded images, and a column of labels."""

import io
import json
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from advlab.core.classifier import Size
from advlab.data.sets.image_set import ImageSet, collect
from advlab.errors import InputError

_IMAGES = ("image", "img")
_LABELS = ("label", "labels", "fine_label")


def files(folder: Path, split: str) -> list[Path]:
    """The files of a split: `train.parquet`, or `train-00000-of-00002.parquet` and on, here or in `data/`."""
    found = [file for pattern in (f"{split}*.parquet", f"data/{split}*.parquet") for file in folder.glob(pattern)]
    return sorted(found)


def read(paths: list[Path], size: Size | None) -> ImageSet:
    """The pictures of these files, in their order.

    Raises:
        InputError: no Parquet file, or one of another layout.
    """
    where = paths[0].name
    try:
        table = pa.concat_tables([pq.read_table(path) for path in paths])
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{where} cannot be read as Parquet: {error}.") from error
    image = _column(table, _IMAGES, where)
    label = _column(table, _LABELS, where)
    if not pa.types.is_struct(table.schema.field(image).type) or not pa.types.is_integer(
        table.schema.field(label).type
    ):
        raise InputError(f"{where}: “{image}” should hold encoded images (bytes, path), and “{label}” whole numbers.")
    labels = [int(value) for value in table.column(label).to_pylist()]
    encoded = table.column(image).combine_chunks().field("bytes")
    pictures = ((partial(_open, encoded[row].as_py()), labels[row]) for row in range(len(labels)))
    return collect(pictures, count=len(labels), size=size, names=_names(table, label, labels), where=where)


def _open(encoded: bytes | None) -> Image.Image:
    if not encoded:
        raise OSError("it has no bytes in the file")
    return Image.open(io.BytesIO(encoded))


def _column(table: pa.Table, usual: tuple[str, ...], where: str) -> str:
    for name in usual:
        if name in table.column_names:
            return name
    raise InputError(
        f"{where} has the columns {', '.join(table.column_names)}; it needs “{usual[0]}”, as Hugging Face writes it."
    )


def _names(table: pa.Table, label: str, labels: list[int]) -> tuple[str, ...]:
    """The classes' names from the schema's metadata, else their numbers."""
    count = max(labels, default=-1) + 1
    written = (table.schema.metadata or {}).get(b"huggingface")
    if written:
        try:
            names = json.loads(written)["info"]["features"][label]["names"]
        except (ValueError, KeyError, TypeError):
            names = []
        if isinstance(names, list) and len(names) >= count:
            return tuple(map(str, names))
    return tuple(map(str, range(count)))
