"""What is written beside a network that we trained: how it was made, and what was counted on it.

`NAME.json` next to `NAME.safetensors` is all that a model needs to be in every list.
"""

import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from advlab.core.intervals import wilson
from advlab.core.norms import Norm
from advlab.errors import ModelError

# A card is a page of text; with a thousand class names still far below this.
MOST_BYTES = 1_000_000

Text = Annotated[str, Field(min_length=1, max_length=1000)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=60)]
Positive = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Count(_Strict):
    """How many of some pictures a network was right on."""

    correct: int = Field(ge=0)
    of: Positive

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.correct > self.of:
            raise ValueError(f"{self.correct} is more than all {self.of}")
        return self

    @property
    def share(self) -> float:
        """The rate, in [0, 1]."""
        return self.correct / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the rate."""
        return wilson(self.correct, self.of)

    @property
    def kind(self) -> str:
        """What the pictures went through, for people."""
        return "Clean pictures"

    @property
    def details(self) -> str:
        """With which settings, for people; nothing where there are none."""
        return ""


class Pgd(Count):
    """Right under PGD (Madry et al., ICLR 2018), each picture against its worst restart."""

    steps: Positive
    restarts: Positive

    @property
    def kind(self) -> str:
        """What the pictures went through."""
        return f"PGD-{self.steps}"

    @property
    def details(self) -> str:
        """With which settings."""
        return f"worst of {self.restarts} restarts" if self.restarts > 1 else "one start"


class AutoAttack(Count):
    """Right under AutoAttack (Croce and Hein, ICML 2020); `version` says whose code it was."""

    version: Text

    @property
    def kind(self) -> str:
        """What the pictures went through."""
        return "AutoAttack"

    @property
    def details(self) -> str:
        """With which settings."""
        return self.version


class Certified(Count):
    """Proved right within an L2 radius by randomized smoothing (Cohen et al., ICML 2019)."""

    radius: float = Field(gt=0)
    sigma: float = Field(gt=0)
    draws: Positive
    alpha: float = Field(gt=0, lt=1)

    @property
    def kind(self) -> str:
        """What the pictures went through."""
        return "Certified"

    @property
    def details(self) -> str:
        """With which settings."""
        return f"within L2 {self.radius:g}, σ = {self.sigma:g}, {self.draws:,} draws, α = {self.alpha:g}"


class Results(_Strict):
    """What was counted; None where nobody has counted yet."""

    clean: Count | None = None
    pgd: Pgd | None = None
    autoattack: AutoAttack | None = None
    certified: Certified | None = None

    @property
    def counted(self) -> tuple[Count, ...]:
        """Those that there are, from the easiest to the hardest."""
        found = (self.clean, self.pgd, self.autoattack, self.certified)
        return tuple(count for count in found if count is not None)

    @property
    def attacked(self) -> Pgd | AutoAttack | None:
        """The count under attack that stands on the most pictures."""
        return self.pgd or self.autoattack


class Shipped(_Strict):
    """A network that we trained, as its JSON says it.

    Attributes:
        name: also of both files.
        family: what it tells apart, in two words: "Traffic signs".
        dataset, data_note: what it was trained and tested on, and what is special about that copy.
        input_size: `(C, H, W)`.
        mean, std: one number a channel, in [0, 1] units.
        architecture: as `architectures.network` takes it.
        method, recipe, command, seed, epochs, trained: how it was made, and on what.
        file, bytes, sha256, dtype: of the weights as they are stored; they are loaded as float32.
        norm, eps: the attacker of `results`; eps in [0, 1] units.
        twin: to compare with: of a standard network its most robust counterpart, of any other the standard one.
    """

    name: Name
    title: Text
    summary: Text
    family: Text
    dataset: Text
    data_note: str = Field("", max_length=1000)
    labels: tuple[Text, ...] = Field(min_length=2)
    input_size: tuple[Literal[1, 3], Positive, Positive]
    mean: tuple[float, ...]
    std: tuple[Annotated[float, Field(gt=0)], ...]
    architecture: Text
    method: Text
    recipe: Text
    command: Text
    seed: int
    epochs: Positive
    trained: Text
    file: Text
    bytes: Positive
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    dtype: Literal["float16", "bfloat16", "float32"]
    parameters: Positive
    norm: Norm
    eps: float = Field(gt=0)
    licence: Text
    twin: Name | None = None
    results: Results = Results()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.file != f"{self.name}.safetensors":
            raise ValueError(f"file should be {self.name}.safetensors")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("two labels are the same")
        if {len(self.mean), len(self.std)} != {self.input_size[0]}:
            raise ValueError("mean and std should have one number a channel")
        return self

    @property
    def standard(self) -> bool:
        """Whether it was trained without any defence."""
        return self.method == "standard"

    @property
    def budget(self) -> str:
        """ε for people: `8/255`, or `0.3` where it is no whole number of 255ths."""
        steps = round(self.eps * 255)
        whole = self.norm is Norm.LINF and abs(self.eps * 255 - steps) < 1e-6
        return f"{steps}/255" if whole else f"{self.eps:g}"


def read(file: Path) -> Shipped:
    """The card in a JSON file.

    Raises:
        ModelError: it cannot be read, or says something impossible; the sentence names the place.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ModelError(f"{file.name} is too large for a model's card: it has at most {MOST_BYTES:,} bytes.")
        found = Shipped.model_validate(json.loads(file.read_text("utf-8")))
    except OSError as error:
        raise ModelError(f"Cannot read {file.name}: {error.strerror or error}.") from error
    except ValidationError as error:
        raise ModelError(f"{file.name} is no card of a model: {_first(error)}.") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file.name} is no JSON: write it again.") from error
    if found.name != file.stem:
        raise ModelError(f"{file.name} is the card of “{found.name}”: name it {found.name}.json.")
    return found


def _first(error: ValidationError) -> str:
    """Where the first mistake is, and what it is."""
    problem = error.errors()[0]
    place = ".".join(map(str, problem["loc"]))
    reason = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {reason.lower()}" if place else reason
