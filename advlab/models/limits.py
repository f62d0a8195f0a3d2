"""How much memory models may take: what a person set, or half of what is free."""

import os
import re
from pathlib import Path

import torch

from advlab.errors import ParameterError

SETTING = "ADVLAB_MODEL_CACHE"

_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?", re.IGNORECASE)
# A machine that says nothing about its memory has at least this.
_SMALL = 2**30
# The limit of a container, and what it uses, as Linux's two kinds of control groups write it.
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def size(text: str, setting: str = SETTING) -> int:
    """Bytes from `2GB`, `500 MB`, `1.5GiB` or a plain number.

    Raises:
        ParameterError: it is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ParameterError(f"{setting} is “{text}”, which is no size: write 2GB, or a number of bytes.")
    return int(float(match[1]) * _UNITS[(match[2] or "").lower()])


def default(device: torch.device) -> int:
    """The setting if there is one, else half of what is free on the device now.

    Raises:
        ParameterError: the setting is no size.
    """
    text = os.environ.get(SETTING)
    return size(text) if text else free(device) // 2


def free(device: torch.device) -> int:
    """Bytes that could still be used on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return min((_of_system(), *_of_container()))


def _of_system() -> int:
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    for name in ("SC_AVPHYS_PAGES", "SC_PHYS_PAGES"):  # macOS knows the second only
        try:
            return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            continue
    return _SMALL


def _of_container() -> tuple[int, ...]:
    for limit, used in _GROUPS:
        try:
            return (max(0, int(Path(limit).read_text("ascii")) - int(Path(used).read_text("ascii"))),)
        except (OSError, ValueError):  # no such group, or “max”: no limit
            continue
    return ()
