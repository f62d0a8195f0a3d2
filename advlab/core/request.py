"""The one currency: everything that defines a run on one picture, as plain data."""

from typing import Self

from pydantic import Field

from advlab.core.asked import Asked
from advlab.core.norms import Norm
from advlab.core.service import OPEN, Service

Value = bool | int | float | str | None


class AttackRequest(Asked):
    """What to attack, how, and with what budget; a page, the CLI and a file all say it this way.

    Attributes:
        picture: "sample:coffee", or "upload:" and the digest of the file's pixels; "exact:" for one
            that is taken pixel by pixel, without resizing.
        model: a name from the catalogue.
        attack: a name from `advlab.attacks.available()`; `parameters` are its own.
        norm, eps: the threat model; eps in [0, 1] units, None for a minimal-norm search without radius.
        sources: names of the models that the picture is made on in place of `model`, which is then asked about it
            once: a transfer attack. None: the attack asks the model itself.
        target: the class to reach, or None for any other than the model's own answer.
        seed: of the attack's noise.
        truth: what the picture really shows, if somebody said so; an untargeted attack then leaves this class.
        early_stop: end at the first confirmed success instead of keeping the largest margin.
        max_queries: the attacker's budget of forward passes, through the sources where there are any.
        service: what stands before the model, for attacks that see no gradients.
    """

    attack: str
    norm: Norm
    eps: float | None = Field(None, ge=0)
    sources: tuple[str, ...] = ()
    target: int | None = Field(None, ge=0)
    truth: int | None = Field(None, ge=0)
    seed: int = Field(0, ge=0)
    early_stop: bool = False
    max_queries: int | None = Field(None, ge=1)
    parameters: dict[str, Value] = Field(default_factory=dict)
    service: Service = OPEN

    @property
    def public(self) -> Self:
        """Without the name of somebody's own weights: whoever knows it could use them on this server."""
        return self.model_copy(update={"model": "own"}) if self.model.startswith("own:") else self
