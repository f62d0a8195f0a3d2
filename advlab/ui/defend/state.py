"""What a visitor has chosen and got on the page on defenses."""

from dataclasses import dataclass, field

from advlab.ui.tasks import Tasks


@dataclass
class DefendState:
    """One visitor's table."""

    table: Tasks = field(default_factory=Tasks)
    started: str | None = None  # the table that somebody wanted to have filled
    address: dict[str, str] | None = None  # the last link that was read or written
    notice: str | None = None
    opened: tuple[str, str] | None = None  # the cell that is shown large: row and column
