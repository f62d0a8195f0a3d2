"""What a comparison over several pictures is about: samples of what the model knows."""

from collections.abc import Sequence

from advlab.data.samples import Sample, suiting

MOST = 16


def samples(labels: Sequence[str]) -> tuple[Sample, ...]:
    """All that suit a model of these classes; of too many, some from all over them, the first one included."""
    found = suiting(labels)
    count = min(MOST, len(found))
    return tuple(found[place * len(found) // count] for place in range(count))
