"""What the card of a network of ours measured, in words."""

from advlab.models.shipped import Count, Shipped


def rate(count: Count) -> str:
    """A rate that was counted, without digits that the count cannot bear."""
    digits = 1 if count.of >= 1000 else 0
    return f"{count.share:.{digits}%}"


def between(count: Count) -> str:
    """Wilson's 95% interval of a rate."""
    low, high = count.interval
    return f"{low * 100:.1f}–{high * 100:.1f}%"


def counted(count: Count) -> str:
    """The numbers behind a rate."""
    return f"{count.correct:,} right of {count.of:,}{f', {count.details}' if count.details else ''}"


def withstands(shipped: Shipped) -> str | None:
    """How many test pictures withstand the attacker of the card, as a sentence; None where nobody counted."""
    count = shipped.results.attacked
    if count is None:
        return None
    return (
        f"On {count.of:,} test pictures, {rate(count)} withstand {count.kind} at {threat(shipped)} "
        f"(95% interval {between(count)})."
    )


def threat(shipped: Shipped) -> str:
    """The attacker's radius: a number of 255ths can only be meant for L∞, of any other the norm is said."""
    norm = "" if "/" in shipped.budget else f" in {shipped.norm.symbol}"
    return f"ε = {shipped.budget}{norm}"
