"""What is asked for: why this model says this of that picture, by which method."""

from pydantic import Field

from advlab.core.asked import Asked


class ExplainRequest(Asked):
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

    run: str = ""
    method: str = "saliency"
    index: int = Field(ge=0)
    samples: int = Field(20, ge=1, le=500)
    baseline: float = Field(0.0, ge=0, le=1)
    layer: str | None = None
    seed: int = Field(0, ge=0)
