"""What a visitor has chosen and got on the page on boundaries."""

from dataclasses import dataclass, field

from advlab.serving.geometry.request import PlaneRequest
from advlab.ui.tasks import Tasks


@dataclass
class BoundaryState:
    """One visitor's slice."""

    tasks: Tasks = field(default_factory=Tasks)  # of the view that is shown
    picked: tuple[float, float] | None = None  # the point whose picture is shown, in the plane's norm
    picked_in: PlaneRequest | None = None  # and the plane that it is a point of
    address: dict[str, str] | None = None  # the last link that was read or written
    wanted: dict[str, object] = field(default_factory=dict)  # what a link says of controls that depend on others
    followed: str | None = None  # the attack that the axes last turned to
    linked: bool = False  # a link has said what the axes are
    notice: str | None = None
    leaving: str | None = None  # the page that goes on with another picture
