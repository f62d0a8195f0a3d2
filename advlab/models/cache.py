"""Models that are loaded once, shared by everybody, and bounded by the memory they take."""

import gc
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from advlab.core.classifier import Classifier, Execution
from advlab.core.memory import out_of_memory, release
from advlab.errors import ModelError, ResourceError
from advlab.models import find, limits
from advlab.models.card import Card

# Name, device, layout: what has weights of its own. The rest of an execution is a view of the same weights.
_Key = tuple[str, str, bool]


def best_device() -> torch.device:
    """The fastest device there is."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def find_device(name: str | torch.device | None) -> torch.device:
    """A device by its name; the best one for None.

    Raises:
        ResourceError: there is no such device here.
    """
    if name is None:
        return best_device()
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts where CUDA was not compiled in
        raise ResourceError(f"There is no device “{name}” here; “cpu” always works.") from error
    return device


def _named(device: str | torch.device) -> str:
    """One name for one device: `cuda` is whichever is current."""
    device = torch.device(device)
    return f"cuda:{torch.cuda.current_device()}" if device.type == "cuda" and device.index is None else str(device)


@dataclass(frozen=True)
class Loaded:
    """A model in memory: its name, the device, the bytes of its weights, and when it was last asked for.

    `last_used` is in seconds since the epoch, as `time.time()` gives them.
    """

    name: str
    device: str
    bytes: int
    last_used: float


@dataclass
class _Entry:
    bytes: int
    used: float
    views: dict[Execution, Classifier] = field(default_factory=dict)  # none yet: its place is kept while it is loaded


class ModelCache:
    """Classifiers by name, device and execution; each is loaded by one thread while others wait.

    The least recently used go when another one would not fit. Who still works with one that went keeps
    it until they are done: only the cache lets go.

    Args:
        limit: bytes of weights on each device; None: the setting `ADVLAB_MODEL_CACHE`, else half of what
            was free on the device when it was first asked for.
    """

    def __init__(self, limit: int | None = None, clock: Callable[[], float] = time.time) -> None:
        self._given = limit
        self._clock = clock
        self._limits: dict[str, int] = {}
        self._entries: dict[_Key, _Entry] = {}
        self._lock = threading.RLock()
        self._turns: defaultdict[_Key, threading.Lock] = defaultdict(threading.Lock)

    def load(
        self, name: str, device: str | torch.device | None = None, *, execution: Execution | None = None
    ) -> Classifier:
        """A model, ready on a device.

        Args:
            name: as in `python -m advlab models`, `timm:…` or `own:…`.
            device: "cpu", "cuda", "cuda:1", "mps"; the best one if left out.
            execution: layout, precision of the search, chunk.

        Raises:
            ParameterError: no such model. ModelError: its weights are not on this computer, or damaged.
            ResourceError: no such device, or not enough memory on it.
        """
        card = find.card(name)  # before any lock: an unknown name leaves nothing behind
        execution = execution or Execution()
        key = (card.name, _named(find_device(device)), execution.channels_last)
        found = self._view(key, execution)
        if found is not None:
            return found
        with self._lock:
            turn = self._turns[key]
        with turn:
            return self._view(key, execution) or self._make(key, card, execution)

    def loaded(self, name: str) -> bool:
        """Whether some session has this model already."""
        return any(model.name == name for model in self.loaded_models())

    def loaded_models(self) -> tuple[Loaded, ...]:
        """What is in memory, most recently used first."""
        with self._lock:
            items = [(key, entry) for key, entry in self._entries.items() if entry.views]
        models = [Loaded(key[0], key[1], entry.bytes, entry.used) for key, entry in items]
        return tuple(sorted(models, key=lambda model: model.last_used, reverse=True))

    def unload(self, name: str) -> int:
        """Let a model go, from every device; the bytes that are free once nobody works with it any more."""
        with self._lock:
            keys = [key for key, entry in self._entries.items() if key[0] == name and entry.views]
            freed = sum(self._entries.pop(key).bytes for key in keys)
        for device in {key[1] for key in keys}:
            _tidy(torch.device(device))
        return freed

    @property
    def limit(self) -> int:
        """Bytes that models may take on the best device."""
        return self.limit_on(best_device())

    @property
    def used(self) -> int:
        """Bytes that models take on the best device, those being loaded included."""
        return self.used_on(best_device())

    def limit_on(self, device: str | torch.device) -> int:
        """Bytes that models may take on a device."""
        name = _named(device)
        with self._lock:
            if name not in self._limits:
                self._limits[name] = limits.default(torch.device(name)) if self._given is None else self._given
            return self._limits[name]

    def used_on(self, device: str | torch.device) -> int:
        """Bytes that models take on a device, those being loaded included."""
        name = _named(device)
        with self._lock:
            return sum(entry.bytes for key, entry in self._entries.items() if key[1] == name)

    def _view(self, key: _Key, execution: Execution) -> Classifier | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not entry.views:
                return None
            entry.used = self._clock()
            if execution not in entry.views:
                some = next(iter(entry.views.values()))
                entry.views[execution] = some.with_execution(execution).with_precision(execution.precision)
            return entry.views[execution]

    def _make(self, key: _Key, card: Card, execution: Execution) -> Classifier:
        device = torch.device(key[1])
        self._make_room(key, card.bytes)
        try:
            classifier = self._load(card, device, execution, key)
        except BaseException:
            with self._lock:
                self._entries.pop(key, None)
            raise
        with self._lock:
            entry = self._entries[key] = _Entry(_weight(classifier), self._clock(), {execution: classifier})
        self._make_room(key, entry.bytes)
        return classifier

    def _load(self, card: Card, device: torch.device, execution: Execution, key: _Key) -> Classifier:
        try:
            return _load(card, device, execution)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        self._make_room(key, self.limit_on(device))  # everything else goes
        try:
            return _load(card, device, execution)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            raise ResourceError(
                f"{card.title} does not fit into the memory of {device}: choose a smaller model, or close what "
                "else uses the memory."
            ) from error

    def _make_room(self, key: _Key, need: int) -> None:
        """Keep `need` bytes for `key`; the least recently used others go until that fits or none is left."""
        device = key[1]
        with self._lock:
            entry = self._entries.setdefault(key, _Entry(need, self._clock()))
            entry.bytes = max(need, entry.bytes) if not entry.views else entry.bytes
            others = [
                (other.used, name)
                for name, other in self._entries.items()
                if name != key and name[1] == device and other.views
            ]
            gone = False
            for _, name in sorted(others):
                if self.used_on(device) <= self.limit_on(device):
                    break
                del self._entries[name]
                gone = True
        if gone:
            _tidy(torch.device(device))


def _load(card: Card, device: torch.device, execution: Execution) -> Classifier:
    file = card.weights()
    if file is None:
        raise ModelError(f"The weights of {card.title} are not on this computer: run “{card.install}”.")
    classifier = Classifier(
        card.build(file).to(device),
        card.labels(),
        card.input_size,
        name=card.name,
        preprocessing=card.preprocessing,
        execution=execution,
    )
    return classifier.with_precision(execution.precision)


def _weight(classifier: Classifier) -> int:
    return sum(tensor.nbytes for tensor in (*classifier.parameters(), *classifier.buffers()))


def _tidy(device: torch.device) -> None:
    """Let the device have back what nobody refers to any more."""
    gc.collect()
    release(device)
