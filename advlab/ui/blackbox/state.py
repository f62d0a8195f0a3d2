"""What a visitor has chosen and got on the page on black-box attacks."""

from dataclasses import dataclass, field

from advlab.serving.compare.request import CompareRequest
from advlab.ui.series import Series


@dataclass
class BlackboxState:
    """One visitor's attacks without a gradient."""

    pressed: bool = False  # the button of the race was pressed and is not answered yet
    request: CompareRequest | None = None  # the race that was started
    runs: Series = field(default_factory=Series)
    address: dict[str, str] | None = None  # the last link that was read or written
    notice: str | None = None
