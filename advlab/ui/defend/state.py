"""What a visitor has chosen and got on the page on defenses."""

from dataclasses import dataclass, field

from advlab.serving.defend.sets import Brought
from advlab.ui.tasks import Tasks


@dataclass
class DefendState:
    """One visitor's comparisons."""

    table: Tasks = field(default_factory=Tasks)
    survey: Tasks = field(default_factory=Tasks)
    autopsy: Tasks = field(default_factory=Tasks)
    envelope: Tasks = field(default_factory=Tasks)
    threats: Tasks = field(default_factory=Tasks)
    started: dict[str, str | None] = field(default_factory=dict)  # by view, what somebody wanted to have computed
    address: dict[str, str] | None = None  # the last link that was read or written
    notice: str | None = None
    opened: tuple[str, str] | None = None  # the cell that is shown large: row and column
    brought: Brought | None = None  # labelled pictures of the visitor's own
    problem: str | None = None  # or why there are none
    uploads: int = 0  # sets that were read
