"""A recipe: everything that a training depends on, as a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from advlab.core.classifier import Size
from advlab.errors import InputError, ParameterError
from advlab.training.augmentation import Augmentation
from advlab.training.method import Method, registry

_FOLDER = Path(__file__).parent / "recipes"


class Recipe(BaseModel):
    """What to train, on what, how long, and how.

    Attributes:
        title, summary: what people read of the network.
        data: as `advlab.data.sets.read` takes it; the command line's --data goes before it.
        size: `(C, H, W)` of the network's input; None: of the pictures.
        mean, std: of the normalisation, one number a channel, or one for all.
        architecture: `advlab:…`, `torchvision:…` or `timm:…`.
        method: its `name`, and its parameters.
        eps: the radius in L∞ of the attacks in training and of the check after each epoch, in [0, 1] units.
        batch_size, epochs: the last, smaller batch of an epoch is left out.
        optimizer, learning_rate, momentum, weight_decay: `momentum` is Nesterov's, for sgd only.
        warmup: the share of the training in which the learning rate rises; then it falls to zero.
        schedule: how it falls.
        augmentation: what happens to each image before it is learned.
        ema: decay of the averaged weights at each step; 0 keeps the last ones.
        clip: largest norm of the gradient; 0: no limit.
        held_out: training images that are kept back to choose the best epoch.
        checked: so many of them are attacked after each epoch.
        tolerance: an epoch that is less robust by less than this is preferred where it is more accurate.
        seed: of weights, order, augmentation and attacks.
        precision: of forward and backward; "auto" is bf16 where the device computes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = ""
    summary: str = ""
    data: str = ""
    size: Size | None = None
    mean: tuple[float, ...] = (0.5,)
    std: tuple[float, ...] = (0.25,)
    architecture: str
    method: dict[str, Any]
    eps: float = Field(8 / 255, ge=0, le=1)
    batch_size: int = Field(128, ge=2)
    epochs: int = Field(ge=1)
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = Field(gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)
    warmup: float = Field(0.2, ge=0, lt=1)
    schedule: Literal["linear", "cosine"] = "linear"
    augmentation: Augmentation = Augmentation()
    ema: float = Field(0.99, ge=0, lt=1)
    clip: float = Field(0.0, ge=0)
    held_out: int = Field(1000, ge=0)
    checked: int = Field(500, ge=0)
    tolerance: float = Field(0.0, ge=0, le=1)
    seed: int = Field(0, ge=0)
    precision: Literal["auto", "float32", "bf16"] = "auto"

    @property
    def training(self) -> Method:
        """The method with its parameters.

        Raises:
            ParameterError: no such method, or a parameter that it cannot have.
        """
        parameters = dict(self.method)
        name = parameters.pop("name", None)
        if not isinstance(name, str):
            raise ParameterError(f"Give the recipe's method a name: {', '.join(registry.all())}.")
        return registry.get(name).configured(parameters)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """A recipe from plain values; ε may be written as 8/255.

        Raises:
            ParameterError: a value is missing, unknown or impossible.
        """
        values = dict(values)
        if isinstance(values.get("eps"), str):
            values["eps"] = _fraction(values["eps"])
        try:
            recipe = cls.model_validate(values)
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(map(str, problem["loc"]))
            if problem["type"] == "missing":
                raise ParameterError(f"The recipe does not say its {name}.") from None
            if problem["type"] == "extra_forbidden":
                known = ", ".join(cls.model_fields)
                raise ParameterError(f"A recipe has no “{name}”; it has: {known}.") from None
            raise ParameterError(f"The recipe's {name}: {problem['msg']}; it was {problem['input']!r}.") from None
        _ = recipe.training  # its mistakes belong to the recipe, not to the first batch
        return recipe


def _fraction(text: str) -> float:
    above, _, below = text.partition("/")
    try:
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise ParameterError(f"The recipe's eps is a number or a fraction such as 8/255, not “{text}”.") from None


def names() -> tuple[str, ...]:
    """The recipes that come with the project; our weights were made by them."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def values(name: str | Path) -> dict[str, Any]:
    """What a recipe says: one of ours by name, or a YAML file.

    Raises:
        ParameterError: no recipe of this name. InputError: the file is not one.
    """
    file = _FOLDER / f"{name}.yaml" if str(name) in names() else Path(name)
    if not file.is_file():
        raise ParameterError(f"There is no recipe “{name}”; there are: {', '.join(names())}, or give a YAML file.")
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{file} cannot be read as YAML: {error}.") from error
    if not isinstance(found, dict):
        raise InputError(f"{file} holds no recipe: it should say architecture, method, epochs and learning_rate.")
    return found
