"""A Python script that reproduces a run."""

from advlab.serving.outcome import Outcome


def script(outcome: Outcome, picture_name: str) -> str:
    """The script; `picture_name` is the file name of an uploaded picture."""
    raise NotImplementedError
