"""Attacks that see scores, at the same number of queries."""

import numpy as np

from .libraries import Attack, Peer, art, foolbox, official_square, torchattacks
from .subjects import Subject

_SQUARES, _SIMBA, _ZOO = 300, 500, 40
_STEPS = 10  # of NES and SPSA
_NES_SAMPLES, _SPSA_SAMPLES = 50, 64
_SLOW = 0.2  # of the pictures, for who asks about one at a time
_SYMBOLS = {"linf": "L∞", "l2": "L2", "l1": "L1"}


def attacks(s: Subject) -> list[Attack]:
    """All of them."""
    pace = 0.2 if s.quick else s.pace
    steps = max(2, round(pace * _STEPS))
    table = [square(s, norm, round(pace * _SQUARES)) for norm in _SYMBOLS]
    table += [nes(s, steps), spsa(s, steps)]
    table += [simba(s, basis, round(pace * _SIMBA)) for basis in ("pixel", "dct")]
    return [*table, zoo(round(pace * _ZOO))]


def square(s: Subject, norm: str, squares: int) -> Attack:
    """As many squares for everybody."""
    eps, share, symbol = 2 * s.radii[norm], s.usual_share, _SYMBOLS[norm]
    peers = {"official": Peer(official_square(norm, eps, squares - 1, share))}
    if norm != "l1":
        name, order = symbol.replace("∞", "inf"), {"linf": np.inf, "l2": 2}[norm]
        peers["torchattacks"] = Peer(
            torchattacks(lambda t, m: t.Square(m, norm=name, eps=eps, n_queries=squares - 1, p_init=share))
        )
        peers["ART"] = Peer(
            art(
                lambda e, m: e.SquareAttack(
                    m, norm=order, eps=eps, max_iter=squares - 1, p_init=share, batch_size=32, verbose=False
                )
            ),
            "asks three times a step",
        )
    parameters = {"steps": squares - 1, "share": share}
    return Attack(f"Square {symbol}, 2 ε, {squares} squares", norm, squares / 3, "square", parameters, peers, eps)


def nes(s: Subject, steps: int) -> Attack:
    """PGD by foolbox's estimator, in steps of ε / 5 as ours begins with."""

    def theirs(attacks):  # foolbox's module of attacks
        from foolbox.gradient_estimators import es_gradient_estimator

        estimating = es_gradient_estimator(
            attacks.LinfProjectedGradientDescentAttack, samples=_NES_SAMPLES, sigma=0.001, bounds=(0, 1), clip=True
        )
        return estimating(rel_stepsize=0.2, steps=steps, random_start=False)

    eps = 2 * s.radii["linf"]
    peers = {"foolbox, one picture at a time": Peer(foolbox(theirs, eps, alone=True), "adds up the losses of a batch")}
    title = f"NES L∞, 2 ε, {steps} × {_NES_SAMPLES} probes"
    parameters = {"steps": steps, "samples": _NES_SAMPLES}
    return Attack(title, "linf", steps * _NES_SAMPLES / 3, "nes", parameters, peers, eps)


def spsa(s: Subject, steps: int) -> Attack:
    """torchattacks counts pairs."""
    eps = 2 * s.radii["linf"]
    peers = {
        "torchattacks": Peer(
            torchattacks(
                lambda t, m: t.SPSA(
                    m, eps=eps, delta=0.01, lr=eps / 5, nb_iter=steps, nb_sample=_SPSA_SAMPLES // 2, max_batch_size=32
                )
            )
        )
    }
    title = f"SPSA L∞, 2 ε, {steps} × {_SPSA_SAMPLES} probes"
    parameters = {"steps": steps, "samples": _SPSA_SAMPLES, "step_size": eps / 5}
    return Attack(title, "linf", steps * _SPSA_SAMPLES / 3, "spsa", parameters, peers, eps)


def simba(s: Subject, basis: str, steps: int) -> Attack:
    """ART asks on both sides of every direction, and ours may ask as often."""
    band = -(-s.x.shape[2] // 8)
    peers = {
        "ART": Peer(
            art(
                lambda e, m: e.SimBA(
                    m, attack={"pixel": "px", "dct": "dct"}[basis], max_iter=steps, epsilon=0.2, freq_dim=band,
                    stride=band, verbose=False,
                ),
                probabilities=True,
            ),
            share=_SLOW,
        )
    }  # fmt: skip
    title = f"SimBA {basis} L2, {2 * steps} queries"
    return Attack(title, "l2", 2 * steps / 3, "simba", {"steps": 2 * steps, "basis": basis}, peers)


def zoo(steps: int) -> Attack:
    """One price."""
    peers = {
        "ART": Peer(
            art(
                lambda e, m: e.ZooAttack(
                    m, max_iter=steps, binary_search_steps=1, initial_const=10.0, learning_rate=0.1, nb_parallel=128,
                    use_resize=False, use_importance=False, abort_early=False, batch_size=1, verbose=False,
                )
            ),
            share=_SLOW,
        )
    }  # fmt: skip
    parameters = {"steps": steps, "search_steps": 1, "initial_const": 10.0, "step_size": 0.1}
    return Attack(f"ZOO L2, {steps} × 128 values", "l2", steps * 257 / 3, "zoo", parameters, peers)
