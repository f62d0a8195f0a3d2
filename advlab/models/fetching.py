"""Getting a model's weights onto this computer."""

import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from advlab.errors import ModelError
from advlab.models import find, folder, timm_cards
from advlab.models.download import Progress, download

_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def fetch(name: str, progress: Progress | None = None, should_stop: Callable[[], bool] | None = None) -> Path:
    """Download a model's weights, unless they are here; the file they are in.

    Two who want the same file share one download: the second waits, and finds it there.

    Args:
        name: as in `python -m advlab models --all`, or `timm:…`.
        progress: called with the bytes that are here and how many there will be, if known.
        should_stop: asked during the download; true ends it, and nothing of it is kept.

    Raises:
        ParameterError: no such model. ModelError: a model that does not come from the network.
        ResourceError: offline, the server refuses, disk full, wrong checksum.
        StoppedError: `should_stop` said so.
    """
    card = find.card(name)
    with _turns[card.file or name]:
        here = card.weights()
        if here is not None:
            return here
        if card.url is None or card.file is None:
            raise ModelError(f"The weights of {card.title} do not come by download: run “{card.install}”.")
        file = download(
            card.url,
            folder.weights_folder() / card.file,
            sha256_prefix=card.sha256_prefix,
            progress=progress,
            should_stop=should_stop,
        )
        if card.name.startswith(timm_cards.PREFIX):
            timm_cards.note(card.name)
    return file
