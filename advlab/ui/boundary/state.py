"""What a visitor has chosen and got on the page on boundaries."""

from dataclasses import dataclass, field
from typing import Any

from advlab.serving.geometry.landscape import Landscape
from advlab.serving.geometry.request import PlaneRequest
from advlab.serving.jobs import Job


@dataclass
class BoundaryState:
    """One visitor's slice."""

    request: PlaneRequest | None = None  # what the jobs work on, or have brought
    jobs: dict[str, Job[Landscape | None]] = field(default_factory=dict)  # by the model that answers
    aside: dict[str, Job[Any]] = field(default_factory=dict)  # by the view that shows what they bring
    picked: tuple[float, float] | None = None  # the point whose picture is shown, in the plane's norm
    address: dict[str, str] | None = None  # the last link that was read or written
    wanted: dict[str, object] = field(default_factory=dict)  # what a link says of controls that depend on others
    followed: str | None = None  # the attack that the axes last turned to
    linked: bool = False  # a link has said what the axes are
    notice: str | None = None
