"""What a visitor has chosen and got on the page on black boxes."""

from dataclasses import dataclass, field

from advlab.ui.tasks import Tasks


@dataclass
class BlackboxState:
    """One visitor's."""

    substitute: Tasks = field(default_factory=Tasks)
