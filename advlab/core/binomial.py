"""What a count of successes proves about their probability: the bound of Clopper and Pearson.

Reference: Clopper, Pearson: The use of confidence or fiducial limits illustrated in the case of the
binomial, Biometrika 26, 1934.
"""

from scipy.special import betaincinv


def lower_bound(successes: int, draws: int, alpha: float) -> float:
    """The largest probability that the true one exceeds with confidence `1 - alpha`, one-sided.

    It is the α-quantile of Beta(k, n - k + 1): where the chance of k successes or more is just α.

    Args:
        successes: k, from 0 to `draws`.
        draws: n, independent of each other.
        alpha: the chance of being wrong, in (0, 1).
    """
    return float(betaincinv(successes, draws - successes + 1, alpha)) if successes else 0.0
