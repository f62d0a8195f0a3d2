"""Files to take along: arrays as NPZ, the request and its result as JSON and YAML."""

from advlab.core.request import AttackRequest
from advlab.serving.outcome import Outcome


def npz(outcome: Outcome) -> bytes:
    """All arrays of a run."""
    raise NotImplementedError


def as_json(what: Outcome | AttackRequest) -> str:
    """The request, and of an outcome also the execution and the result."""
    raise NotImplementedError


def as_yaml(what: Outcome | AttackRequest) -> str:
    """The same as `as_json`, in YAML."""
    raise NotImplementedError


def read_request(text: str | bytes, name: str) -> AttackRequest:
    """The request in such a file, or in one written by hand."""
    raise NotImplementedError
