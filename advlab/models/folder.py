"""Where weights are kept on this computer, and where others may have put them."""

import os
from pathlib import Path

# The part of a file that may be another size than was published: published sizes are rounded.
_TOLERANCE = 0.01


def home() -> Path:
    """AdvLab's own folder: `ADVLAB_HOME`, or a place in the user's cache."""
    return Path(os.environ.get("ADVLAB_HOME") or Path.home() / ".cache" / "advlab").expanduser()


def weights_folder() -> Path:
    """The folder that downloads go to; it need not exist yet."""
    return home() / "weights"


def _places() -> tuple[Path, ...]:
    import torch.hub  # noqa: PLC0415 - only its settings, and only when asked

    return weights_folder(), Path(torch.hub.get_dir()) / "checkpoints"


def names() -> set[str]:
    """The names of all files there, cheaply: a folder that is missing or locked holds none."""
    found: set[str] = set()
    for place in _places():
        try:
            found.update(entry.name for entry in os.scandir(place))
        except OSError:
            continue
    return found


def find(name: str, size: int) -> Path | None:
    """A file of this name and of about `size` bytes (0: of any size); a torn one has another size."""
    for place in _places():
        try:
            there = (place / name).stat().st_size
        except OSError:
            continue
        if not size or abs(there - size) <= _TOLERANCE * size:
            return place / name
    return None
