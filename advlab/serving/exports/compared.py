"""A comparison of attacks to take along, as CSV: one line an attack, or one an attack and picture."""

import io
import json
from collections.abc import Mapping, Sequence

import pandas as pd

from advlab.core.norms import Norm
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.reach import Reach


def csv(entries: Sequence[Entry], reaches: Mapping[str, Reach]) -> str:
    """What each attack came to; sizes in [0, 1] units, `reaches` by attack where they were searched."""
    lines = [{**_about(entry), **_found(entry), **_reach(reaches.get(entry.name))} for entry in entries]
    file = io.StringIO()
    pd.DataFrame(lines).to_csv(file, index=False, float_format="%.6g")
    return file.getvalue()


def _about(entry: Entry) -> dict[str, object]:
    request = entry.request
    kind = request.kind(entry.name)
    return {
        "attack": entry.name,
        "title": entry.title,
        "picture": _picture(entry),
        "sees": kind.access.value,
        "looks_for": kind.objective.value,
        "parameters": json.dumps(request.attacks[entry.name]),
        "model": request.of(entry.name).public.model,
        "made_on": ", ".join(request.of(entry.name).sources),
        "norm": request.norm.value,
        "eps": request.eps,
        "target": request.target,
        "seed": request.seed,
        "max_queries": request.max_queries,
        "verdict": entry.word.partition(" ")[2],
        "success": entry.success,
        "note": entry.sentence,
    }


def _picture(entry: Entry) -> str:
    """The sample's name; of what somebody brought, only that."""
    if entry.outcome is None and entry.request.several:
        return ""
    named = entry.request.picture if entry.outcome is None else entry.outcome.request.picture
    return named if named.startswith("sample:") else "upload"


def _found(entry: Entry) -> dict[str, object]:
    outcome = entry.outcome
    if outcome is None:
        return {}
    return {
        "answer_before": outcome.before.label,
        "answer_after": outcome.after.label,
        "confidence_after": outcome.after.confidence,
        **{norm.value: outcome.norms[norm.value] for norm in Norm},
        "before_rounding": outcome.unrounded_norms[entry.request.norm.value],
        "survives_8_bits": entry.survives,
        "ssim": outcome.similarity,
        "queries": outcome.queries,
        "gradients": outcome.gradients,
        "seconds": outcome.seconds,
    }


def _reach(found: Reach | None) -> dict[str, object]:
    if found is None:
        return {}
    return {
        "smallest_radius": found.radius,
        "largest_held": found.held,
        "radius_tries": found.tries,
        "radius_queries": found.queries,
        "radius_gradients": found.gradients,
    }
