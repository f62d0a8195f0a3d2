"""What a visitor has chosen and got on the page on black-box attacks."""

from dataclasses import dataclass, field

from advlab.serving.compare.request import CompareRequest
from advlab.ui.series import Series
from advlab.ui.tasks import Tasks


@dataclass
class BlackboxState:
    """One visitor's attacks without a gradient."""

    pressed: bool = False  # the button of the race was pressed and is not answered yet
    request: CompareRequest | None = None  # the race that was started
    runs: Series = field(default_factory=Series)
    address: dict[str, str] | None = None  # the last link that was read or written
    notice: str | None = None
    transfer: Tasks = field(default_factory=Tasks)
    cell: tuple[str, str] | None = None  # of the transfer matrix: the one that is opened, row and column
    substitute: Tasks = field(default_factory=Tasks)
