"""A data set and a network that a training is done with in a second."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image

from advlab import training
from advlab.data.sets import ImageSet

NAMES = ("top", "bottom", "left")


def stripes(count=240, seed=0, size=(1, 8, 8)):
    """Noise, with a bright bar at the top, at the bottom or at the left: the class."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 90, (count, *size), generator=generator, dtype=torch.uint8)
    labels = torch.arange(count) % 3
    images[labels == 0, :, :2] += 150
    images[labels == 1, :, -2:] += 150
    images[labels == 2, :, :, :2] += 150
    return ImageSet(images, labels, NAMES)


def recipe(method="standard", **changes):
    """A short training of a small network."""
    parameters = {"name": method} if isinstance(method, str) else method
    given = {
        "architecture": "advlab:madry_cnn_128",
        "method": parameters,
        "eps": 0.1,
        "epochs": 3,
        "batch_size": 20,
        "learning_rate": 0.05,
        "held_out": 40,
        "checked": 20,
        "precision": "float32",
        "ema": 0.8,
    }
    return training.Recipe.of({**given, **changes})


def write_parquet(folder, images, split="train"):
    """The set as Hugging Face writes it: encoded images, labels, and the classes' names in the schema."""
    rows = []
    for pixels in images.images:
        buffer = io.BytesIO()
        Image.fromarray(pixels.permute(1, 2, 0).squeeze(2).numpy()).save(buffer, "png")
        rows.append({"bytes": buffer.getvalue(), "path": None})
    features = {"image": {"_type": "Image"}, "label": {"names": list(images.names), "_type": "ClassLabel"}}
    described = {"huggingface": json.dumps({"info": {"features": features}})}
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("image", kind), ("label", pa.int64())], metadata=described)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.table({"image": rows, "label": images.labels.tolist()}, schema=schema), folder / f"{split}.parquet"
    )
