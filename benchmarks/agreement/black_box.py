"""Attacks that see scores or labels only, at the same number of queries."""

from .libraries import Attack, Peer, art, foolbox, torchattacks
from .subjects import Subject

_SQUARES, _HOPS = 300, 1000


def attacks(s: Subject) -> list[Attack]:
    """Square and HopSkipJump; ours is given as many queries as the thriftiest peer took."""
    eps, pace = 2 * s.radii["linf"], 0.2 if s.quick else s.pace
    squares, hops = round(pace * _SQUARES), round(pace * _HOPS)
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
    jump = {
        "foolbox": Peer(foolbox(lambda a: jumping(a, hops)), "scales its gradient over the batch"),
        "foolbox, one picture at a time": Peer(foolbox(lambda a: jumping(a, hops), alone=True)),
        "ART": Peer(
            art(
                lambda e, m: e.HopSkipJump(
                    m, norm=2, max_iter=rounds(hops), init_eval=100, max_eval=10_000, batch_size=128, verbose=False
                )
            ),
            "differs from run to run",
        ),
    }
    return [
        Attack(
            f"Square L∞, 2 ε, {squares} squares", "linf", squares / 3, "square",
            {"steps": squares - 1, "share": s.usual_share}, square, eps,
        ),
        Attack("HopSkipJump L2", "l2", hops, "hopskipjump", {}, jump, same_queries=True),
    ]  # fmt: skip


def rounds(queries: int) -> int:
    """As many rounds of HopSkipJump as fit: √t times 100 probes, and some 15 other queries each."""
    spent, t = 60.0, 0
    while spent <= queries:
        t += 1
        spent += 100 * t**0.5 + 15
    return max(t - 1, 1)


def jumping(attacks, queries: int):  # foolbox's module of attacks
    """foolbox's, begun from noise."""
    from foolbox.attacks import LinearSearchBlendedUniformNoiseAttack

    start = LinearSearchBlendedUniformNoiseAttack(steps=50)
    return attacks.HopSkipJumpAttack(init_attack=start, steps=rounds(queries))
