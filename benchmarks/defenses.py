"""Defenses on test pictures: what detectors detect, what distillation hides, and what masking looks like.

    python benchmarks/defenses.py --data ROOT --count 500

ROOT holds `mnist` and `gtsrb`, each as `advlab.data.sets.read` takes it. Whole tables of defenses, with their checks,
are counted by `python -m advlab defend-set`.
"""

import argparse
from pathlib import Path

import torch

import advlab
from advlab import defenses, models
from advlab.core.classifier import Classifier
from advlab.core.detector import Detector
from advlab.core.norms import Norm
from advlab.data import sets
from advlab.evaluation.contender import contender
from advlab.evaluation.detection import roc
from advlab.evaluation.ring import Ring
from advlab.evaluation.robustness import robust_accuracy
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet, apart, as_named
from advlab.evaluation.trial import Budget
from advlab.models.shipped import Count

STEPS = 40


def pictures(base: Classifier, data: Path, count: int) -> tuple[TestSet, torch.Tensor]:
    """Test pictures to count on, and a thousand others to calibrate on."""
    return apart(as_named(sets.read(data, "test", base.input_size), base.labels), count, 1000)


def said(count: Count) -> str:
    low, high = count.interval
    return f"{count.share:.1%} [{low:.1%}, {high:.1%}]"


def detection(data: Path, count: int, device: str | None) -> None:
    """Feature squeezing on digits: 1 bit and median 2 × 2, as Xu et al. take them."""
    base = models.load("mnist_standard", device)
    chosen, others = pictures(base, data, count)
    squeezing = defenses.registry.get("feature_squeezing").configured({"bits": 1, "median": 2})
    assert isinstance(squeezing, Detector)
    clean = squeezing.scores(base, others.to(base.device))
    threshold = squeezing.threshold(clean)
    x, y = chosen.floats(slice(None)).to(base.device), chosen.labels.to(base.device)
    print("| unaware attack | fools the network | of these detected at 5% false alarms | area under the curve |")
    print("|---|---|---|---|")
    attacks = {
        "FGSM, ε = 0.3": ("fgsm", {"norm": "linf", "eps": 0.3}),
        "PGD-40, ε = 0.3": ("pgd", {"norm": "linf", "eps": 0.3, "steps": STEPS, "early_stop": False}),
        "C&W L2, 5 × 200": ("cw", {"norm": "l2", "search_steps": 5, "steps": 200}),
    }
    for name, (attack, how) in attacks.items():
        found = advlab.attack(base, x, attack, labels=y, **how)
        fooled = found.success & ~found.already
        scores = squeezing.scores(base, found.adversarial[fooled])
        caught = Count(correct=int((scores > threshold).sum()), of=max(1, len(scores)))
        print(f"| {name} | {int(fooled.sum())} of {count} | {said(caught)} | {roc(clean, scores).area:.4f} |")
    guarded = contender("feature_squeezing", base, {"bits": 1, "median": 2}, lambda _: others.to(base.device))
    *_, trial = Ring(base, chosen, Budget(Norm.LINF, 0.3, STEPS)).meet(guarded)
    print(f"\nWho knows it, ε = 0.3: not detected and wrong {said(trial.undetected)}; {dict(trial.by)}.")
    print(f"Clean pictures without an answer: {said(trial.rejected)}.\n")


def apparent(data: Path, count: int, device: str | None, family: str) -> None:
    """Plain PGD-40 on cross-entropy as other libraries compute it, next to attacks that a sure network cannot blind."""
    eps = models.card(f"{family}_standard").shipped.eps
    print(f"| {family} | PGD-{STEPS}, textbook | PGD-{STEPS}, logits rescaled | PGD-{STEPS}, margin |")
    print("|---|---|---|---|")
    for name in (f"{family}_standard", f"{family}_distilled"):
        network = models.load(name, device)
        chosen, _ = pictures(network, data, count)
        counts = [
            robust_accuracy(network, chosen, "pgd", norm="linf", eps=eps, restarts=1, running=Running(), **how).robust
            for how in ({"steps": STEPS, "loss": "textbook"}, {"steps": STEPS}, {"steps": STEPS, "loss": "margin"})
        ]
        print(f"| {name} | {' | '.join(map(said, counts))} |")
    print()


def masking(data: Path, count: int, device: str | None) -> None:
    """What hides the gradient of a network: how robust it looks to PGD-40, and how robust it is."""
    print("| masking | PGD-40 with cross-entropy, on it as it is | who knows it |")
    print("|---|---|---|")
    base = models.load("signs_standard", device)
    chosen, _ = pictures(base, data, count)
    ring = Ring(base, chosen, Budget(Norm.LINF, 8 / 255, STEPS))
    for key, parameters in (("scaled_logits", {}), ("rounded_logits", {}), ("bit_depth", {"bits": 3})):
        who = contender(key, base, parameters)
        blind = robust_accuracy(who.deployed, chosen, "pgd", norm="linf", eps=8 / 255, restarts=1, steps=STEPS,
                                loss="textbook")  # fmt: skip
        *_, trial = ring.meet(who)
        print(f"| {who.title} | {said(blind.robust)} | {said(trial.adaptive)} |")
    network, own = models.load("signs_fgsm", device), models.card("signs_fgsm").shipped.eps
    single = robust_accuracy(network, chosen, "fgsm", norm="linf", eps=own, restarts=1).robust
    many = robust_accuracy(network, chosen, "pgd", norm="linf", eps=own, restarts=1, steps=STEPS).robust
    print(f"| FGSM training without a random start: by FGSM, not PGD | {said(single)} | {said(many)} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--device")
    parser.add_argument("--only", nargs="*", default=["detection", "apparent", "masking"])
    chosen = parser.parse_args()
    if "detection" in chosen.only:
        detection(chosen.data / "mnist", chosen.count, chosen.device)
    if "apparent" in chosen.only:
        for family, folder in (("mnist", "mnist"), ("signs", "gtsrb")):
            apparent(chosen.data / folder, chosen.count, chosen.device, family)
    if "masking" in chosen.only:
        masking(chosen.data / "gtsrb", chosen.count, chosen.device)
