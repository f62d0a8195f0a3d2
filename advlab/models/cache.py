"""Models that are loaded once and shared by everybody."""

import threading
from collections import defaultdict

import torch

from advlab.core.classifier import Classifier, Execution
from advlab.errors import ModelError, ResourceError
from advlab.models.card import registry

_Key = tuple[str, str, Execution]


def best_device() -> torch.device:
    """The fastest device there is."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def _device(name: str | torch.device | None) -> torch.device:
    if name is None:
        return best_device()
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts where CUDA was not compiled in
        raise ResourceError(f"There is no device “{name}” here; “cpu” always works.") from error
    return device


class ModelCache:
    """Classifiers by name, device and execution; each is loaded by one thread while others wait."""

    def __init__(self) -> None:
        self._loaded: dict[_Key, Classifier] = {}
        self._lock = threading.Lock()
        self._loading: defaultdict[_Key, threading.Lock] = defaultdict(threading.Lock)

    def load(
        self, name: str, device: str | torch.device | None = None, *, execution: Execution | None = None
    ) -> Classifier:
        """A model of the catalogue, ready on a device.

        Args:
            name: as in `python -m advlab models`.
            device: "cpu", "cuda", "cuda:1", "mps"; the best one if left out.
            execution: layout, precision of the search, chunk.

        Raises:
            ParameterError: no such model. ModelError: its weights are not on this computer.
            ResourceError: no such device.
        """
        registry.get(name)  # before any lock: an unknown name leaves nothing behind
        key = (name, str(_device(device)), execution or Execution())
        with self._lock:
            if key in self._loaded:
                return self._loaded[key]
            turn = self._loading[key]
        with turn:
            if key not in self._loaded:
                classifier = _load(*key)
                with self._lock:
                    self._loaded[key] = classifier
            return self._loaded[key]

    def loaded(self, name: str) -> bool:
        """Whether some session has this model already."""
        with self._lock:
            return any(key[0] == name for key in self._loaded)


def _load(name: str, device: str, execution: Execution) -> Classifier:
    card = registry.get(name)
    file = card.weights()
    if file is None:
        raise ModelError(f"The weights of {card.title} are not on this computer: run “{card.install}”.")
    classifier = Classifier(
        card.build(file).to(device),
        card.labels(),
        card.input_size,
        name=name,
        preprocessing=card.preprocessing,
        execution=execution,
    )
    return classifier.with_precision(execution.precision)
