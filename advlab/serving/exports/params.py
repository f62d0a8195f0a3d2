"""The parameters of a link, taken one by one; what cannot be used becomes a sentence."""

import difflib
from collections.abc import Mapping, Sequence

from advlab.serving.exports import numbers

# The server's own, which are no business of ours.
_FOREIGN = ("embed", "embed_options")
_LONGEST = 100
_MOST_PROBLEMS = 6
LARGEST = 2**63


class Params:
    """What is left of a link, what was understood, and what was not."""

    def __init__(self, params: Mapping[str, object]) -> None:
        self.left: dict[str, object] = {str(k): v for k, v in params.items() if k not in _FOREIGN}
        self.values: dict[str, object] = {}
        self._problems: list[str] = []

    def take(self, name: str, longest: int = _LONGEST) -> str | None:
        """The text of this parameter, once; None where there is none that can be one."""
        if name not in self.left:
            return None
        value = self.left.pop(name)
        if isinstance(value, str) and len(value) <= longest and value.isprintable():
            return value.strip()
        self.problem(f"“{shown(name)}” of the link is too long or no text, and is left out.")
        return None

    def problem(self, sentence: str) -> None:
        """Something of the link is left out."""
        self._problems.append(sentence)

    def sentences(self) -> list[str]:
        """The problems, the first few in words."""
        more = len(self._problems) - _MOST_PROBLEMS
        rest = [f"{more} more things of the link are left out."] if more > 0 else []
        return self._problems[:_MOST_PROBLEMS] + rest

    def switch(self, name: str) -> bool | None:
        """Whether 1 or 0."""
        text = self.take(name)
        if text in (None, "0", "1"):
            return None if text is None else text == "1"
        self.problem(f"{name} is 1 or 0, not “{text}”; it is left out.")
        return None

    def whole(self, name: str, least: int, *, optional: bool) -> tuple[bool, int | None]:
        """Whether there is such a number, and which; "none" is one that may be missing."""
        text = self.take(name)
        if text is None:
            return False, None
        if optional and text == "none":
            return True, None
        value = numbers.read(text)
        if isinstance(value, int) and least <= value < LARGEST:
            return True, value
        self.problem(f"{name} is a whole number from {least} on, not “{text}”; it is left out.")
        return False, None


def shown(text: str) -> str:
    """A stranger's text in a sentence: short, on one line."""
    clean = "".join(c if c.isprintable() else "?" for c in text[:41])
    return clean if len(clean) <= 40 else clean[:39] + "…"


def near(text: str, known: Sequence[str]) -> str:
    """A question that suggests the nearest of the known names, if one is near."""
    names = difflib.get_close_matches(text.lower(), [name.lower() for name in known], n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(f'“{name}”' for name in names)}?" if names else ""
