"""What a visitor has chosen and got on the page on black boxes."""

from dataclasses import dataclass, field

from advlab.ui.tasks import Tasks


@dataclass
class BlackboxState:
    """One visitor's views."""

    transfer: Tasks = field(default_factory=Tasks)
    cell: tuple[str, str] | None = None  # of the transfer matrix: the one that is opened, row and column
