"""Attacks that look for the smallest change."""

import torch
from torch import Tensor

from .libraries import Attack, Peer, Run, adv_lib, art, foolbox, official_fab, torchattacks
from .subjects import Subject

_STEPS, _SEARCHES, _CW_STEPS, _FAB_STEPS, _TARGETS = 100, 5, 100, 20, 2
_SYMBOLS = {"linf": "L∞", "l2": "L2", "l1": "L1", "l0": "L0"}
_FMN = {"linf": "LInfFMNAttack", "l2": "L2FMNAttack", "l1": "L1FMNAttack", "l0": "L0FMNAttack"}
_ALL = "takes a gradient for each of 1,000 classes at every step"
_ORDERS = {"linf": float("inf"), "l2": 2, "l1": 1, "l0": 0}


def attacks(s: Subject) -> list[Attack]:
    """All of them, those with few steps first."""
    few, pace = s.classes <= 10, 0.1 if s.quick else s.pace
    steps, rounds = round(pace * _STEPS), round(pace * _CW_STEPS)
    fab_steps = 4 if s.quick else _FAB_STEPS
    table = [deepfool_l2(few=few), deepfool_linf(few=few), ddn(steps), *(fmn(norm, steps) for norm in _SYMBOLS)]
    table += [fab_t(norm, fab_steps) for norm in ("linf", "l2", "l1")]
    table += [fab("l2", fab_steps)] if few else []
    table += [sigma_zero(steps), cw_l2(rounds), ead(rounds), cw_linf(rounds // 2)]
    table += [jsma(s)] if few else []  # a round of theirs compares all pairs of values
    return table


def deepfool_l2(*, few: bool) -> Attack:
    """With as many classes as the paper looks at; torchattacks looks at all of them."""
    peers = {
        "foolbox": Peer(foolbox(lambda a: a.L2DeepFoolAttack(steps=50, candidates=10, overshoot=0.02))),
        "torchattacks": Peer(
            torchattacks(lambda t, m: t.DeepFool(m, steps=50, overshoot=0.02)), not_run="" if few else _ALL
        ),
        "ART": Peer(
            art(lambda e, m: e.DeepFool(m, max_iter=50, epsilon=0.02, nb_grads=10, batch_size=32, verbose=False))
        ),
    }
    peers["adv-lib"] = _all_classes("l2", few=few)
    return Attack("DeepFool L2", "l2", 60, "deepfool", {}, peers)


def deepfool_linf(*, few: bool) -> Attack:
    """Only foolbox and adv-lib know the norm."""
    run = foolbox(lambda a: a.LinfDeepFoolAttack(steps=50, candidates=10, overshoot=0.02))
    peers = {"foolbox": Peer(run), "adv-lib": _all_classes("linf", few=few)}
    return Attack("DeepFool L∞", "linf", 60, "deepfool", {}, peers)


def _all_classes(norm: str, *, few: bool) -> Peer:
    run = adv_lib("deepfool", "df", norm=_ORDERS[norm], steps=50, overshoot=0.02, return_unsuccessful=True)
    return Peer(run, not_run="" if few else _ALL)


def ddn(steps: int) -> Attack:
    """Without grey levels."""
    peers = {
        "foolbox": Peer(foolbox(lambda a: a.DDNAttack(steps=steps))),
        "adv-lib": Peer(adv_lib("decoupled_direction_norm", "ddn", steps=steps, levels=None)),
    }
    return Attack(f"DDN L2, {steps} steps", "l2", steps, "ddn", {"steps": steps}, peers)


def fmn(norm: str, steps: int) -> Attack:
    """In L0 ours counts pixels and theirs values, which the judge counts as pixels."""
    peers = {
        "foolbox": Peer(foolbox(lambda a: getattr(a, _FMN[norm])(steps=steps))),
        "adv-lib": Peer(adv_lib("fast_minimum_norm", "fmn", norm=_ORDERS[norm], steps=steps)),
    }
    return Attack(f"FMN {_SYMBOLS[norm]}, {steps} steps", norm, steps, "fmn", {"steps": steps}, peers)


def fab_t(norm: str, steps: int) -> Attack:
    """One target after the other."""
    parameters = {"steps": steps, "targets": _TARGETS}
    peers = {"official": Peer(official_fab(norm, steps, _TARGETS))}
    title = f"FAB-T {_SYMBOLS[norm]}, {_TARGETS} × {steps} steps"
    return Attack(title, norm, 1.5 * _TARGETS * steps, "fab", parameters, peers)


def fab(norm: str, steps: int) -> Attack:
    """All classes at once."""
    peers = {
        "torchattacks": Peer(torchattacks(lambda t, m: t.FAB(m, norm=_SYMBOLS[norm], eps=1e3, steps=steps))),
        "adv-lib": Peer(
            adv_lib("fast_adaptive_boundary.fast_adaptive_boundary", "fab", norm=_ORDERS[norm], n_iter=steps)
        ),
    }
    return Attack(f"FAB {_SYMBOLS[norm]}, {steps} steps", norm, 6 * steps, "fab", {"steps": steps}, peers)


def sigma_zero(steps: int) -> Attack:
    """The authors' own is adv-lib's."""
    peers = {"adv-lib": Peer(adv_lib("sigma_zero", "sigma_zero", num_steps=steps))}
    return Attack(f"σ-zero L0, {steps} steps", "l0", steps, "sigma_zero", {"steps": steps}, peers)


def cw_l2(steps: int) -> Attack:
    """Five prices from 1 on; torchattacks has one price, and as many steps together."""
    peers = {
        "torchattacks": Peer(
            torchattacks(lambda t, m: t.CW(m, c=1, kappa=0, steps=steps * _SEARCHES, lr=0.01)),
            "cannot move values of exactly 0 or 1; no search",
        ),
        "foolbox": Peer(
            not_black(
                foolbox(
                    lambda a: a.L2CarliniWagnerAttack(binary_search_steps=_SEARCHES, steps=steps, initial_const=1.0)
                )
            ),
            "gives black pictures for failures, which are counted as such",
        ),
        "ART": Peer(
            art(
                lambda e, m: e.CarliniL2Method(
                    m, binary_search_steps=_SEARCHES, max_iter=steps, initial_const=1.0, batch_size=32, verbose=False
                )
            ),
            share=0.5,
        ),
        "adv-lib": Peer(
            adv_lib(
                "carlini_wagner.l2", "carlini_wagner_l2", binary_search_steps=_SEARCHES, max_iterations=steps,
                initial_const=1.0,
            )
        ),
    }  # fmt: skip
    parameters = {"steps": steps, "search_steps": _SEARCHES, "initial_const": 1.0}
    return Attack(f"C&W L2, {_SEARCHES} × {steps} steps", "l2", steps * _SEARCHES, "cw", parameters, peers)


def not_black(run: Run) -> Run:
    """The clean picture in place of one that is all black: most networks take that for another class."""

    def shown(s: Subject) -> Tensor:
        found = run(s)
        black = found.flatten(1).amax(1) == 0
        return torch.where(black.reshape(-1, 1, 1, 1), s.x, found)

    return shown


def ead(steps: int) -> Attack:
    """Decides by L1, with the papers' nine prices made five."""
    peers = {
        "foolbox": Peer(
            foolbox(
                lambda a: a.EADAttack(
                    binary_search_steps=_SEARCHES, steps=steps, decision_rule="L1", initial_const=1.0
                )
            )
        ),
        "ART": Peer(
            art(
                lambda e, m: e.ElasticNet(
                    m, binary_search_steps=_SEARCHES, max_iter=steps, decision_rule="L1", initial_const=1.0, beta=0.01,
                    batch_size=32, verbose=False,
                )
            ),
            share=0.5,
        ),
        "torchattacks": Peer(
            torchattacks(
                lambda t, m: t.EADL1(
                    m, binary_search_steps=_SEARCHES, max_iterations=steps, initial_const=1.0, beta=0.01
                )
            )
        ),
    }  # fmt: skip
    parameters = {"steps": steps, "search_steps": _SEARCHES, "initial_const": 1.0, "beta": 0.01}
    return Attack(f"EAD L1, {_SEARCHES} × {steps} steps", "l1", steps * _SEARCHES, "ead", parameters, peers)


def cw_linf(steps: int) -> Attack:
    """A bound that is lowered as long as it can be kept."""
    peers = {
        "ART": Peer(art(lambda e, m: e.CarliniLInfMethod(m, max_iter=steps, batch_size=32, verbose=False)), share=0.5),
        "adv-lib": Peer(adv_lib("carlini_wagner.linf", "carlini_wagner_linf", max_iterations=steps)),
    }
    return Attack(f"C&W L∞, {steps} steps", "linf", 10 * steps, "cw_linf", {"steps": steps}, peers)


def jsma(s: Subject) -> Attack:
    """To the class after the right one, two pixels a step, 14.5% of the values at most."""
    rounds = int(0.145 * s.x[0].numel() / 2)
    peers = {
        "ART": Peer(
            art(lambda e, m: targeted(e.SaliencyMapMethod(m, theta=1.0, gamma=0.145, batch_size=32, verbose=False))),
            share=0.5,
        ),
        "torchattacks": Peer(torchattacks(lambda t, m: t.JSMA(m, theta=1.0, gamma=0.145)), share=0.25),
    }
    gradients = 60 if s.x.shape[1] == 1 else 100
    return Attack("JSMA L0, to the next class", "l0", gradients, "jsma", {"steps": rounds}, peers, targeted=True)


def targeted(attack):  # ART is not typed
    """JSMA of ART is always targeted and does not say so."""
    attack._targeted = True
    return attack
