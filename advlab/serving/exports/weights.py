"""Somebody's own weights in exports: how to take them from a file again; their name here is nobody else's business."""

from dataclasses import dataclass

from advlab import models
from advlab.core.classifier import Size
from advlab.errors import AdvlabError

FILE = "weights.safetensors"
_UNKNOWN = "torchvision:NAME"


@dataclass(frozen=True)
class Settings:
    """What `advlab.models.add_own` has to be told besides the file."""

    architecture: str = _UNKNOWN
    classes: int = 1000
    input_size: Size = (3, 224, 224)
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    crop: float = 1.0


def settings(model: str) -> Settings | None:
    """Those of `own:…`, with blanks to fill in if it is no longer kept; None for a model of the catalogue."""
    if not model.startswith("own:"):
        return None
    try:
        card = models.card(model)
    except AdvlabError:
        return Settings()
    how = card.preprocessing
    return Settings(card.architecture or _UNKNOWN, len(card.labels()), card.input_size, how.mean, how.std, how.crop)
