"""How far a rate that was counted can be from the true one."""

from statistics import NormalDist


def wilson(correct: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a rate that was counted `correct` times out of `of`.

    Unlike the textbook's `p ± 1.96 s` it stays within [0, 1] and says something at 0 and at all of them.

    Args:
        correct: from 0 to `of`.
        of: at least 1.
        confidence: of covering the true rate, in (0, 1).

    Raises:
        ValueError: there are no such counts.

    Reference: Wilson, Probable inference, the law of succession, and statistical inference, JASA 1927.
    """
    if not 0 <= correct <= of or of < 1 or not 0 < confidence < 1:
        raise ValueError(f"There is no rate of {correct} out of {of} at confidence {confidence}.")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, square = correct / of, z * z / of
    middle = (rate + square / 2) / (1 + square)
    half = z / (1 + square) * (rate * (1 - rate) / of + square / (4 * of)) ** 0.5
    # Exactly so where nothing or everything was counted: rounding would leave the rate itself outside.
    return max(0.0, middle - half) if correct else 0.0, min(1.0, middle + half) if correct < of else 1.0
