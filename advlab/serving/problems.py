"""What people read when a job fails: our own sentences, one about memory, and a number for all the rest."""

import logging
import uuid

import torch

from advlab.core.memory import out_of_memory
from advlab.errors import AdvlabError

_LOG = logging.getLogger(__name__)
_NO_MEMORY = (
    "There was not enough memory for this run: choose a smaller model or smaller settings, "
    "or try again when fewer people are working."
)


def sentence(error: Exception, key: str) -> str:
    """A failure in words; what is not a person's own mistake goes to the server's log with a number."""
    if isinstance(error, AdvlabError):
        return str(error)
    number = uuid.uuid4().hex[:8]
    _LOG.error("Job %s failed (%s)", key, number, exc_info=error)
    if out_of_memory(error):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return _NO_MEMORY
    return f"Something went wrong on our side. The server's log has the details under {number}."
