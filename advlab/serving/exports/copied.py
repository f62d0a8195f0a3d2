"""A substitute to take along: its weights as a file that says how it is used, its rounds and transfers as CSV."""

import io
import json
from typing import TYPE_CHECKING

import pandas as pd
from safetensors.torch import save

from advlab.core.classifier import Classifier
from advlab.models.shipped import Count

if TYPE_CHECKING:
    from advlab.serving.blackbox.substitute import Copied


def weights(classifier: Classifier, architecture: str) -> bytes:
    """Safetensors, with what `advlab.models.add_own` has to be told in its header."""
    about = {
        "title": classifier.name,
        "architecture": architecture,
        "labels": list(classifier.labels),
        "input_size": list(classifier.input_size),
        "mean": list(classifier.preprocessing.mean or ()),
        "std": list(classifier.preprocessing.std or ()),
    }
    state = {key: tensor.cpu().contiguous() for key, tensor in classifier.module.state_dict().items()}
    return save(state, metadata={"advlab": json.dumps(about, ensure_ascii=False)})


def rounds(found: "Copied") -> str:
    """One line a round: questions, pictures, loss, and agreement with Wilson's 95% interval."""
    lines = [
        {
            "round": one.number,
            "queries": one.queries,
            "pictures": one.images,
            "loss": one.loss,
            **_count("agreement", one.agreement),
            "complete": one is not found.now,
        }
        for one in found.points
    ]
    return _text(lines)


def transfers(found: "Copied") -> str:
    """One line an attack: success on the substitute, on the victim by transfer, and white-box; and one picture."""
    lines = [
        {
            "attack": one.attack,
            "norm": "linf",
            "eps": one.eps,
            **_count("substitute", one.on_itself),
            **_count("transfer", one.on_victim),
            **_count("white_box", one.ceiling),
            "picture_fooled": one.single.fooled,
            "picture_answer": one.single.says.label,
        }
        for one in found.attacked
    ]
    return _text(lines)


def _count(name: str, count: Count | None) -> dict[str, object]:
    if count is None:
        return {name: None}
    low, high = count.interval
    return {name: count.correct, f"{name}_of": count.of, f"{name}_share": count.share, f"{name}_low": low,
            f"{name}_high": high}  # fmt: skip


def _text(lines: list[dict[str, object]]) -> str:
    file = io.StringIO()
    pd.DataFrame(lines).to_csv(file, index=False, float_format="%.6g")
    return file.getvalue()
