"""The family with momentum, whose papers are about transfer, on the network that it looks at."""

from typing import Any

from .libraries import Attack, Peer, art, foolbox, torchattacks
from .subjects import Subject

_STEPS, _NEIGHBOURS = 10, 5
# torchattacks divides 0 by 0, and the sign of the sum, which is NaN from then on, is 0 for good.
_FREEZES = "stands still for good after a gradient of zero"


def attacks(s: Subject) -> list[Attack]:
    """All of them in L∞, with steps of ε / 10 and a decay of 1."""
    eps, steps = s.radii["linf"], 3 if s.quick else _STEPS

    def theirs(name: str, **more: Any) -> Peer:
        run = torchattacks(lambda t, m: getattr(t, name)(m, eps=eps, alpha=eps / steps, steps=steps, **more))
        return Peer(run, _FREEZES)

    def attack(title: str, ours: str, copies: int, peers: dict[str, Peer], **parameters: Any) -> Attack:
        return Attack(
            f"{title} L∞, {steps} steps", "linf", steps * copies, ours, {"steps": steps, **parameters}, peers, eps
        )

    momentum = {
        "torchattacks": theirs("MIFGSM"),
        "foolbox": Peer(foolbox(lambda a: a.MIFGSM(momentum=1.0, abs_stepsize=eps / steps, steps=steps), eps)),
        "ART": Peer(
            art(lambda e, m: e.MomentumIterativeMethod(m, eps=eps, eps_step=eps / steps, max_iter=steps, verbose=False))
        ),
    }
    one = s.x.shape[1] == 1
    smoothed = theirs("TIFGSM", decay=1.0, diversity_prob=0.0)
    if one:
        smoothed = Peer(smoothed.run, not_run="fails on pictures of one channel")
    around = 1 + _NEIGHBOURS
    return [
        attack("MI-FGSM", "mi_fgsm", 1, momentum),
        attack("NI-FGSM", "ni_fgsm", 2, {"torchattacks": theirs("NIFGSM")}),
        attack("SI-NI-FGSM", "si_ni_fgsm", 5, {"torchattacks": theirs("SINIFGSM")}),
        attack("DI-FGSM", "di_fgsm", 2, {"torchattacks": theirs("DIFGSM", decay=1.0)}),
        attack("TI-FGSM", "ti_fgsm", 1, {"torchattacks": smoothed}),
        attack("VMI-FGSM", "vmi_fgsm", around, {"torchattacks": theirs("VMIFGSM", N=_NEIGHBOURS)}, samples=_NEIGHBOURS),
        attack("VNI-FGSM", "vni_fgsm", around, {"torchattacks": theirs("VNIFGSM", N=_NEIGHBOURS)}, samples=_NEIGHBOURS),
    ]
