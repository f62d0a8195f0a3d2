"""A report in one HTML file that opens offline."""

from advlab.serving.outcome import Outcome


def html(outcome: Outcome, picture_title: str, picture_name: str = "picture.png", link: str | None = None) -> str:
    """The report; `link` leads back to the page."""
    raise NotImplementedError
