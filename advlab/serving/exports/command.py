"""A command line that reproduces a run."""

from advlab.serving.outcome import Outcome


def cli(outcome: Outcome, picture_name: str) -> str:
    """The line; `picture_name` is the file name of an uploaded picture."""
    raise NotImplementedError
