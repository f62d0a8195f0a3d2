"""Attacks in a ball: one step, many steps, and steps that they choose themselves."""

import numpy as np

from .libraries import Attack, Peer, adv_lib, art, foolbox, official_apgd, torchattacks
from .subjects import Subject

_STEPS = 20
_APGD_STEPS, _APGD_T_STEPS, _TARGETS = 30, 20, 3
_ART_NORMS = {"linf": np.inf, "l2": 2, "l1": 1}
_SYMBOLS = {"linf": "L∞", "l2": "L2", "l1": "L1"}


def attacks(s: Subject) -> list[Attack]:
    """All of them with the radii of this network."""
    table = [one_step(norm, eps) for norm, eps in s.radii.items()]
    table += [basic(norm, s.radii[norm], 10) for norm in ("linf", "l2")]
    table += [pgd(norm, eps, 4 if s.quick else _STEPS) for norm, eps in s.radii.items()]
    steps = 6 if s.quick else _APGD_STEPS
    table += [apgd(norm, eps, steps, "cross_entropy") for norm, eps in s.radii.items()]
    table += [apgd(norm, s.radii[norm], steps, "dlr") for norm in ("linf", "l2")]
    table += [apgd_t(norm, s.radii[norm], 4 if s.quick else _APGD_T_STEPS) for norm in ("linf", "l2")]
    return table


def one_step(norm: str, eps: float) -> Attack:
    """FGSM."""
    kind = {"linf": "LinfFastGradientAttack", "l2": "L2FastGradientAttack", "l1": "L1FastGradientAttack"}[norm]
    peers = {
        "foolbox": Peer(foolbox(lambda a: getattr(a, kind)(), eps)),
        "ART": Peer(art(lambda e, m: e.FastGradientMethod(m, norm=_ART_NORMS[norm], eps=eps, eps_step=eps))),
    }
    if norm == "linf":
        peers["torchattacks"] = Peer(torchattacks(lambda t, m: t.FGSM(m, eps=eps)))
    return Attack(f"FGSM {_SYMBOLS[norm]}", norm, 1, "fgsm", {}, peers, eps)


def basic(norm: str, eps: float, steps: int) -> Attack:
    """BIM, in steps of ε / steps."""
    length = eps / steps
    kind = {"linf": "LinfBasicIterativeAttack", "l2": "L2BasicIterativeAttack"}[norm]
    peers = {"foolbox": Peer(foolbox(lambda a: getattr(a, kind)(abs_stepsize=length, steps=steps), eps))}
    if norm == "linf":
        peers["torchattacks"] = Peer(torchattacks(lambda t, m: t.BIM(m, eps=eps, alpha=length, steps=steps)))
        peers["ART"] = Peer(
            art(lambda e, m: e.BasicIterativeMethod(m, eps=eps, eps_step=length, max_iter=steps, verbose=False))
        )
    return Attack(f"BIM {_SYMBOLS[norm]}, {steps} steps", norm, steps, "bim", {"steps": steps}, peers, eps)


def pgd(norm: str, eps: float, steps: int) -> Attack:
    """PGD from one random start, in steps of 2.5 ε / steps, which in L1 is left to each library's own way."""
    length = 2.5 / steps
    kind = {"linf": "LinfPGD", "l2": "L2PGD", "l1": "L1PGD"}[norm]
    peers = {
        "foolbox": Peer(foolbox(lambda a: getattr(a, kind)(rel_stepsize=length, steps=steps), eps)),
        "ART": Peer(
            art(
                lambda e, m: e.ProjectedGradientDescent(
                    m, norm=_ART_NORMS[norm], eps=eps, eps_step=length * eps, max_iter=steps, num_random_init=1,
                    verbose=False,
                )
            )
        ),
    }  # fmt: skip
    if norm == "l1":
        peers["foolbox, sparse"] = Peer(
            foolbox(lambda a: a.SparseL1DescentAttack(rel_stepsize=length, steps=steps, random_start=True), eps)
        )
    else:
        name = {"linf": "PGD", "l2": "PGDL2"}[norm]
        if norm == "linf":
            run = adv_lib("projected_gradient_descent", "pgd_linf", ε=eps, steps=steps, relative_step_size=length)
            peers["adv-lib"] = Peer(run)
        peers["torchattacks"] = Peer(
            torchattacks(lambda t, m: getattr(t, name)(m, eps=eps, alpha=length * eps, steps=steps))
        )
    return Attack(f"PGD {_SYMBOLS[norm]}, {steps} steps", norm, steps, "pgd", {"steps": steps}, peers, eps)


def apgd(norm: str, eps: float, steps: int, loss: str) -> Attack:
    """Auto-PGD with one start."""
    theirs = {"cross_entropy": "ce", "dlr": "dlr"}[loss]
    art_loss = {"cross_entropy": "cross_entropy", "dlr": "difference_logits_ratio"}[loss]
    peers = {
        "official": Peer(official_apgd(norm, eps, steps, theirs)),
        "ART": Peer(
            art(
                lambda e, m: e.AutoProjectedGradientDescent(
                    m, norm=_ART_NORMS[norm], eps=eps, eps_step=2 * eps, max_iter=steps, nb_random_init=1,
                    loss_type=art_loss, verbose=False,
                )
            )
        ),
    }  # fmt: skip
    if norm != "l1":  # torchattacks has none there
        peers["torchattacks"] = Peer(
            torchattacks(
                lambda t, m: t.APGD(m, norm=_SYMBOLS[norm].replace("∞", "inf"), eps=eps, steps=steps, loss=theirs)
            )
        )
        order = _ART_NORMS[norm]
        peers["adv-lib"] = Peer(adv_lib("auto_pgd", "apgd", eps=eps, norm=order, n_iter=steps, loss_function=theirs))
    title = f"APGD-{theirs.upper()} {_SYMBOLS[norm]}, {steps} steps"
    return Attack(title, norm, steps, "apgd", {"steps": steps, "loss": loss}, peers, eps)


def apgd_t(norm: str, eps: float, steps: int) -> Attack:
    """Auto-PGD towards the likeliest classes, one after the other."""
    peers = {
        "official": Peer(official_apgd(norm, eps, steps, "dlr", _TARGETS)),
        "torchattacks": Peer(
            torchattacks(
                lambda t, m: t.APGDT(
                    m, norm=_SYMBOLS[norm].replace("∞", "inf"), eps=eps, steps=steps, n_classes=_TARGETS + 1
                )
            )
        ),
    }
    parameters = {"steps": steps, "targets": _TARGETS}
    title = f"APGD-T {_SYMBOLS[norm]}, {_TARGETS} × {steps} steps"
    return Attack(title, norm, _TARGETS * steps, "apgd_t", parameters, peers, eps)
