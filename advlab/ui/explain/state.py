"""What a visitor has chosen and got on the page on explanations."""

from dataclasses import dataclass, field

from advlab.ui.tasks import Tasks


@dataclass
class ExplainState:
    """One visitor's explanations."""

    maps: Tasks = field(default_factory=Tasks)
    trust: Tasks = field(default_factory=Tasks)
    attack: Tasks = field(default_factory=Tasks)
    asked: str | None = None  # the question whose trust somebody wants to know, though it takes long
    started: str | None = None  # the attack on an explanation that somebody started
    address: dict[str, str] | None = None  # the last link that was read or written
    notice: str | None = None
