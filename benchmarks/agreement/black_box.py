"""Attacks that see labels only, at the same number of queries."""

from .libraries import Attack, Peer, art, foolbox
from .subjects import Subject

_HOPS = 1000


def attacks(s: Subject) -> list[Attack]:
    """HopSkipJump; ours is given as many queries as the thriftiest peer took."""
    hops = round((0.2 if s.quick else s.pace) * _HOPS)
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
    return [Attack("HopSkipJump L2", "l2", hops, "hopskipjump", {}, jump, same_queries=True)]


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
