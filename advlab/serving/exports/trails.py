"""A race to take along, as CSV: a line for each time that an attack found a smaller change."""

import io
from collections.abc import Mapping

import pandas as pd

from advlab.serving.blackbox.race import Trail
from advlab.serving.compare.request import CompareRequest


def csv(request: CompareRequest, trails: Mapping[str, Trail], price: float) -> str:
    """Questions, size and price; sizes in [0, 1] units, before rounding to 8 bits."""
    lines = [
        {
            "attack": name,
            "model": request.of(name).public.model,
            "norm": request.norm.value,
            "seed": request.seed,
            "queries": queries,
            "size": size,
            "price": queries * price / 1000,
        }
        for name, trail in trails.items()
        for queries, size in trail.points
    ]
    file = io.StringIO()
    pd.DataFrame(lines).to_csv(file, index=False, float_format="%.6g")
    return file.getvalue()
