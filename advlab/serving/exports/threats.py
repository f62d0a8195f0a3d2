"""Networks against threats that nobody trained them for, to take along as CSV."""

import io
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from advlab.evaluation.unforeseen import Line
from advlab.models.shipped import Count

_HEAD = ("model", "threat", "settings", "correct", "of", "share", "low", "high", "pictures", "complete")


def csv(found: Mapping[str, Sequence[Line]]) -> str:
    """One line a network and threat, with Wilson's 95% interval; below that of corruptions one for each kind.

    Args:
        found: lines by the network's name.
    """
    rows = [row for name, lines in found.items() for line in lines for row in _rows(name, line)]
    file = io.StringIO()
    pd.DataFrame(rows, columns=_HEAD).to_csv(file, index=False, float_format="%.4f")
    return file.getvalue()


def _rows(name: str, line: Line) -> Iterator[tuple[object, ...]]:
    def row(threat: str, settings: str, count: Count, interval: tuple[float, float]) -> tuple[object, ...]:
        numbers = (count.correct, count.of, count.share, *interval)
        return (name, threat, settings, *numbers, line.pictures, line.complete)

    yield row(line.threat, line.details, line.count, line.interval)
    for kind, count in line.kinds.items():
        yield row(f"{line.threat}:{kind}", "", count, Line(kind, "", count, line.pictures).interval)
