"""What is asked for: why this model says this of that picture, by which method."""

import hashlib

from pydantic import BaseModel, ConfigDict, Field


class ExplainRequest(BaseModel):
    """One explanation.

    Attributes:
        picture: what an `AttackRequest` calls the clean picture.
        model: whose answer is explained.
        run: name of the attack whose result is looked at; empty for the clean picture.
        method: one of `attribution.METHODS`.
        index: the class whose logit is explained.
        samples: steps of Integrated Gradients, noisy pictures of SmoothGrad and Gradient SHAP.
        baseline: the grey that stands for nothing.
        layer: of Grad-CAM; None is the last one with places.
        seed: of what is random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: str
    model: str
    run: str = ""
    method: str = "saliency"
    index: int = Field(ge=0)
    samples: int = Field(20, ge=1, le=500)
    baseline: float = Field(0.0, ge=0, le=1)
    layer: str | None = None
    seed: int = Field(0, ge=0)

    @property
    def exact(self) -> bool:
        """Whether the picture is taken pixel by pixel."""
        return self.picture.startswith("exact:")

    def key(self, *context: str) -> str:
        """Names the result: a hash of the request and of the very pixels that it is about."""
        return hashlib.sha256("\n".join((self.model_dump_json(), *context)).encode()).hexdigest()[:24]
