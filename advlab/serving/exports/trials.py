"""Defenses over a set to take along, as CSV: one line a defense, or one a picture and defense."""

import io
from collections.abc import Sequence

import pandas as pd

from advlab.evaluation.ruling import ruling
from advlab.evaluation.testset import TestSet
from advlab.evaluation.trial import Budget, Trial

_COUNTS = ("clean", "rejected", "unaware", "adaptive", "undetected")


def csv(trials: Sequence[Trial], data: TestSet, budget: Budget) -> str:
    """One line a defense: counts with their Wilson 95% intervals, what it fell to, and the verdict."""
    lines = []
    for trial in trials:
        found = ruling(trial, trials[0])
        line: dict[str, object] = {
            "defense": trial.contender.key,
            "title": trial.contender.title,
            "network": trial.contender.base.name,
            "pictures": len(trial.fates),
            "chosen": data.rule,
            "norm": budget.norm.value,
            "eps": budget.eps,
            "steps": budget.steps,
            "seed": budget.seed,
        }
        for name in _COUNTS:
            count = getattr(trial, name)
            low, high = count.interval
            line |= {name: count.correct, f"{name}_share": count.share, f"{name}_low": low, f"{name}_high": high}
        line |= {f"check_{name}": missed for name, missed in (trial.missed or {}).items()}
        line |= {
            "fell_to": "; ".join(f"{name}: {number}" for name, number in trial.by.most_common()),
            "passes": trial.contender.deployed.passes,
            "seconds": trial.seconds,
            "verdict": found.word.value,
            "note": found.sentence,
        }
        lines.append(line)
    return _text(lines)


def verdicts(trials: Sequence[Trial], labels: Sequence[str]) -> str:
    """One line a picture and defense."""
    return _text(
        [
            {
                "defense": trial.contender.key,
                "picture": fate.row,
                "class": labels[fate.label],
                "answer": labels[fate.answer],
                "given_out": fate.accepted,
                "fooled_unaware": fate.unaware,
                "fooled_adaptive": bool(fate.adaptive),
                "fell_to": fate.adaptive,
            }
            for trial in trials
            for fate in trial.fates
        ]
    )


def _text(lines: list[dict[str, object]]) -> str:
    file = io.StringIO()
    pd.DataFrame(lines).to_csv(file, index=False, float_format="%.6g")
    return file.getvalue()
