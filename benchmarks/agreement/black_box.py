"""Attacks that see scores only, at the same number of queries."""

from .libraries import Attack, Peer, art, torchattacks
from .subjects import Subject

_SQUARES = 300


def attacks(s: Subject) -> list[Attack]:
    """Square in torchattacks and ART."""
    eps, pace = 2 * s.radii["linf"], 0.2 if s.quick else s.pace
    squares = round(pace * _SQUARES)
    square = {
        "torchattacks": Peer(
            torchattacks(lambda t, m: t.Square(m, norm="Linf", eps=eps, n_queries=squares, p_init=s.usual_share))
        ),
        "ART": Peer(
            art(
                lambda e, m: e.SquareAttack(
                    m, eps=eps, max_iter=squares, p_init=s.usual_share, batch_size=32, verbose=False
                )
            ),
            "asks three times a step",
        ),
    }  # fmt: skip
    return [
        Attack(
            f"Square L∞, 2 ε, {squares} squares", "linf", squares / 3, "square",
            {"steps": squares - 1, "share": s.usual_share}, square, eps,
        ),
    ]  # fmt: skip
