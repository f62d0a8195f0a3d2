"""Whether a state dict is a network's, under whatever prefix, and in a sentence why not."""

from collections.abc import Collection, Mapping

from advlab.errors import ModelError
from advlab.models.architectures import AUXILIARY

Shape = tuple[int, ...]

# What wrappers put before every name: DataParallel, torch.compile, Lightning and the like.
_PREFIXES = ("module.", "_orig_mod.", "model.", "network.", "net.", "backbone.")
# Counters that change nothing in evaluation, and old files lack.
_COUNTER = "num_batches_tracked"
# What tools leave in a state dict that is not part of the network.
_EXTRA = ("n_averaged", "total_ops", "total_params", _COUNTER)


def fit(given: Mapping[str, Shape], expected: Mapping[str, Shape], architecture: str) -> dict[str, str]:
    """For each name the network expects, the name in the file; its own counters may be left out.

    Args:
        given: shapes by name, of the file.
        expected: shapes by name, of the network.
        architecture: for the message.

    Raises:
        ModelError: they do not fit; it says how many, which first, and what to try.
    """
    names = {_bare(name, expected): name for name in given}
    missing = [name for name in expected if name not in names and not name.endswith(_COUNTER)]
    extra = [name for name in names if name not in expected and not _ignored(name)]
    other = [name for name in expected if name in names and given[names[name]] != expected[name]]
    if missing or extra or other:
        shapes = {name: (given[names[name]], expected[name]) for name in other}
        raise ModelError(_why(missing, extra, shapes, architecture))
    return {name: names[name] for name in expected if name in names}


def _bare(name: str, expected: Mapping[str, Shape]) -> str:
    """The name without wrappers' prefixes; one that the network itself uses stays."""
    while name not in expected:
        prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)
        if prefix is None:
            break
        name = name.removeprefix(prefix)
    return name


def _ignored(name: str) -> bool:
    return name.endswith(_EXTRA) or name.startswith(AUXILIARY)


def _why(missing: list[str], extra: list[str], other: Mapping[str, tuple[Shape, Shape]], architecture: str) -> str:
    """In words; `other` holds the shape there is and the one there should be."""
    hint = _classes(other)
    if hint and not missing and not extra:
        return f"The weights fit {architecture} but for the number of classes: {hint}."
    parts = []
    if missing:
        parts.append(f"{_count(missing)} missing (first “{missing[0]}”)")
    if extra:
        parts.append(f"{_count(extra)} not expected (first “{extra[0][:80]}”)")
    for first, (have, want) in list(other.items())[:1]:
        parts.append(f"{_count(other)} of another shape (first “{first}”: {_text(have)}, not {_text(want)})")
    advice = hint or "choose the architecture that they were trained with"
    return f"The weights do not fit {architecture}: {'; '.join(parts)}; {advice}."


def _count(names: Collection[str]) -> str:
    return f"{len(names):,} tensor{'s' if len(names) != 1 else ''}"


def _text(shape: Shape) -> str:
    if len(shape) > 6:
        return f"{len(shape)} dimensions"
    return " × ".join(map(str, shape)) or "one number"


def _classes(other: Mapping[str, tuple[Shape, Shape]]) -> str:
    """If only the last layer differs, and only in how many classes it has, both numbers."""
    numbers = {(have[:1], want[:1]) for have, want in other.values()}
    same_inside = all(have and have[1:] == want[1:] for have, want in other.values())
    if not 1 <= len(other) <= 4 or len(numbers) != 1 or not same_inside:
        return ""
    ((have,), (want,)) = numbers.pop()
    return f"the file has {have} classes, you said {want}"
