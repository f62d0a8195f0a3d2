"""Whoever is far from what the network's features of every class are like does not get an answer."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from advlab.core.features import Features
from advlab.core.learning import LearningDetector
from advlab.defenses import register

# Of all scatter: less than this within the classes is rounding.
_NOTHING = 1e-6


@register
class Mahalanobis(LearningDetector):
    """The suspicion is the squared Mahalanobis distance of the features to the nearest class mean.

    Reference: Lee, Lee, Lee, Shin: A simple unified framework for detecting out-of-distribution samples and
    adversarial attacks, NeurIPS 2018, arXiv 1807.03888. Departures: the penultimate features only, without the
    other layers and without their change of the picture, which are weighed by adversarial pictures in the paper; the
    class of a clean picture is what the network says, so that no labels are needed; and the covariance, which all
    classes share, is shrunk towards a multiple of the identity, because there may be fewer pictures than features:
    Chen, Wiesel, Eldar, Hero: Shrinkage algorithms for MMSE covariance estimation, IEEE Transactions on Signal
    Processing 2010, arXiv 0907.4698 (OAS).

    A class that never appears has no mean. With one picture of each class there is no scatter within classes, so the
    covariance is that of all pictures around their mean, and the other half, being of other classes, sets the
    threshold at a distance between classes, which little exceeds: give it three pictures a class or more.
    """

    name: ClassVar[str] = "mahalanobis"
    title: ClassVar[str] = "Mahalanobis distance"

    def learned(self, network: Features, images: Tensor, answers: Tensor, features: Tensor) -> nn.Module:
        """Gaussians, one a class."""
        return _Far(network, features, answers)


class _Far(nn.Module):
    """Squared distances in coordinates in which the shared covariance is the identity.

    Those coordinates are the axes along which the pictures scatter, and what is left across all of them: a matrix of
    features by features would be large, and has no more in it.
    """

    centre: Tensor
    axes: Tensor
    along: Tensor
    across: Tensor
    means: Tensor

    def __init__(self, network: Features, features: Tensor, answers: Tensor) -> None:
        super().__init__()
        self.network = network
        data = features.cpu().double()
        classes, own = torch.unique(answers.cpu(), return_inverse=True)
        means = torch.zeros(len(classes), data.shape[1], dtype=data.dtype).index_add_(0, own, data)
        means /= own.bincount().unsqueeze(1)
        centre = data.mean(0)
        scatter, free = data - means[own], len(data) - len(classes)
        if scatter.norm() <= _NOTHING * (data - centre).norm():
            scatter, free = data - centre, len(data) - 1
        _, lengths, axes = torch.linalg.svd(scatter, full_matrices=False)
        along, across = _shrunk(lengths.square() / free, data.shape[1], free)
        found = {"centre": centre, "axes": axes.T, "along": along.rsqrt(), "across": across.rsqrt()}
        for name, numbers in {**found, "means": _whitened(means, **found)}.items():
            self.register_buffer(name, numbers.to(features))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, features = self.network(x)
        with torch.autocast(x.device.type, enabled=False):
            white = _whitened(features, self.centre, self.axes, self.along, self.across)
            with torch.no_grad():
                nearest = (self.means.square().sum(1) - 2 * white @ self.means.T).argmin(1)
            return logits, (white - self.means[nearest]).square().sum(1)


def _whitened(features: Tensor, centre: Tensor, axes: Tensor, along: Tensor, across: Tensor) -> Tensor:
    """Features `[N, F]` in coordinates `[N, R + F]` in which their covariance is the identity."""
    moved = features - centre
    parts = moved @ axes
    return torch.cat((parts * along, (moved - parts @ axes.T) * across), 1)


def _shrunk(variances: Tensor, width: int, free: int) -> tuple[Tensor, Tensor]:
    """The variances `[R]` along the axes, and the one across them all, after OAS with so many degrees of freedom."""
    total, squares = variances.sum(), variances.square().sum()
    above = (1 - 2 / width) * squares + total.square()
    below = (free + 1 - 2 / width) * (squares - total.square() / width)
    share = above / below if above < below else torch.ones_like(above)
    floor = share * total / width
    return (1 - share) * variances + floor, floor
