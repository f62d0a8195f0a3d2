"""Files to take along: arrays as NPZ, the request and its result as JSON and YAML."""

import io
import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np
import yaml

from advlab import attacks
from advlab.core.request import AttackRequest
from advlab.serving.outcome import Opinion, Outcome, sentence

# Of the layout below; a reader of an older one knows what it has before it.
SCHEMA = 1


def npz(outcome: Outcome) -> bytes:
    """All arrays of a run; `numpy.load(file)` opens it, without pickle.

    Holds `clean`, `adversarial` (before rounding) and `perturbation`, float32 `[C, H, W]` in [0, 1] units;
    `clean_8bit`, `adversarial_8bit` and `film`, uint8 with channels last; `film_steps`, `curve_own`,
    `curve_rival`, `curve_queries`; and `request`, `execution` and `result`, texts in JSON.
    """
    clean = outcome.clean.transpose(2, 0, 1).astype(np.float32) / 255
    facts = plain(outcome)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        clean=clean,
        adversarial=outcome.unrounded,
        perturbation=outcome.unrounded - clean,
        clean_8bit=outcome.clean,
        adversarial_8bit=outcome.adversarial,
        film=outcome.film.frames,
        film_steps=np.array(outcome.film.steps, dtype=np.int64),
        curve_own=np.array(outcome.curve.own, dtype=np.float32),
        curve_rival=np.array(outcome.curve.rival, dtype=np.float32),
        curve_queries=np.array(outcome.curve.queries, dtype=np.int64),
        request=outcome.request.public.model_dump_json(),
        execution=_json(facts["execution"]),
        result=_json(facts["result"]),
    )
    return file.getvalue()


def plain(what: Outcome | AttackRequest) -> dict[str, Any]:
    """Numbers, texts and lists only: the request, and of an outcome also its execution and its result."""
    if isinstance(what, AttackRequest):
        return {"schema": SCHEMA, "request": complete(what).public.model_dump(mode="json")}
    result = {
        "verdict": what.verdict.value,
        "sentence": sentence(what),
        "notes": list(what.notes),
        "before": _opinion(what.before),
        "after": _opinion(what.after),
        "truth": what.truth,
        "target": what.goal,
        "goal_probability": {"before": what.goal_before, "after": what.goal_after},
        "similarity": what.similarity,
        "norms": what.norms,
        "unrounded_norms": what.unrounded_norms,
        "unrounded_success": what.unrounded_success,
        "queries": what.queries,
        "gradients": what.gradients,
        "stopped": what.stopped,
        "drawn_start": what.drawn_start,
        "seconds": what.seconds,
    }
    if what.crafted is not None:
        result["crafted"] = asdict(what.crafted)
    facts = plain(what.request) | {"execution": asdict(what.execution), "result": result}
    return {key: _finite(value) for key, value in facts.items()}


def complete(request: AttackRequest) -> AttackRequest:
    """The same request with all of the attack's parameters, since a default may change one day."""
    attack = attacks.registry.get(request.attack).configured(request.parameters)
    return request.model_copy(update={"parameters": attack.model_dump()})


def as_json(what: Outcome | AttackRequest) -> str:
    """What `plain` has, as JSON."""
    return json.dumps(plain(what), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_yaml(what: Outcome | AttackRequest) -> str:
    """What `plain` has, as YAML."""
    return str(yaml.safe_dump(plain(what), sort_keys=False, allow_unicode=True, width=100))


def _opinion(opinion: Opinion) -> list[dict[str, str | float]]:
    return [{"label": label, "probability": share} for label, share in opinion.top]


def _finite(value: Any) -> Any:  # noqa: ANN401 - any of what JSON has
    """Without NaN and infinity, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
