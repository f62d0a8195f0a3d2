"""What a tab has received: the elements by their place, as Streamlit's frontend keeps them. Pure: nothing is sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_AGE = 2  # full runs after which a browser forgets a message, unless it was used again
_EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


@dataclass
class _Node:
    message: Any  # an Element or a Block
    run: str
    fragment: str


class Screen:
    """The elements of a page, and what the server said about it."""

    def __init__(self, at: Callable[[str, float], None], cancel: Callable[[str], None]) -> None:
        """`at` is told to rerun a fragment every so many seconds, `cancel` to stop doing so."""
        self.session = ""
        self.finished = 0  # script runs that came to their end
        self.begun = self.drawn = 0  # runs of the whole script that began; the last of them that came to its end
        self.running = False
        self.page = self.query = ""
        self.pages: dict[str, str] = {}  # path: hash
        self.uploads: list[Any] = []
        self.problems: list[str] = []
        self.cache: dict[str, tuple[ForwardMsg, int]] = {}
        self._nodes: dict[tuple[int, ...], _Node] = {}
        self._run = ""
        self._fragments: set[str] = set()
        self._full_runs = 0
        self._at, self._cancel = at, cancel
        self._takers: dict[str | None, Callable[[ForwardMsg], None]] = {
            "ref_hash": self._again,
            "new_session": self._begin,
            "delta": self._draw,
            "navigation": self._navigate,
            "page_info_changed": lambda m: setattr(self, "query", m.page_info_changed.query_string),
            "auto_rerun": lambda m: self._at(m.auto_rerun.fragment_id, m.auto_rerun.interval),
            "stop_auto_rerun": lambda m: [self._cancel(f) for f in m.stop_auto_rerun.fragment_ids] and None,
            "file_urls_response": lambda m: self.uploads.extend(m.file_urls_response.file_urls),
            "session_status_changed": self._status,
            "script_finished": self._end,
        }

    def take(self, message: ForwardMsg) -> None:
        """A message from the server."""
        self._takers.get(message.WhichOneof("type"), lambda _: None)(message)
        if message.metadata.cacheable and message.hash not in self.cache:
            self.cache[message.hash] = (message, self._full_runs)

    def elements(self, kind: str | None = None) -> Iterator[Any]:
        """Elements from top to bottom, of one kind or all."""
        for path in sorted(self._nodes):
            message = self._nodes[path].message
            name = message.WhichOneof("type")
            if name and kind in (None, name):
                yield getattr(message, name)

    def _again(self, message: ForwardMsg) -> None:
        known = self.cache.get(message.ref_hash)
        if known is None:
            self.problems.append("The server refers to a message that it never sent.")
            return
        whole = ForwardMsg.FromString(known[0].SerializeToString())
        whole.metadata.CopyFrom(message.metadata)
        self.cache[message.ref_hash] = (known[0], self._full_runs)
        self.take(whole)

    def _begin(self, message: ForwardMsg) -> None:
        self.session = message.new_session.initialize.session_id
        self._run, self._fragments = message.metadata.run.script_run_id, set(message.metadata.run.fragment_ids)
        self.running = True
        if not self._fragments:
            self.page = message.new_session.page_script_hash
            self.begun += 1
            self._cancel("")

    def _draw(self, message: ForwardMsg) -> None:
        delta = message.delta
        kind = delta.WhichOneof("type")
        if kind in ("new_element", "add_block"):
            self._nodes[tuple(message.metadata.delta_path)] = _Node(getattr(delta, kind), self._run, delta.fragment_id)

    def _navigate(self, message: ForwardMsg) -> None:
        pages = message.navigation.app_pages
        self.pages = {"" if page.is_default else page.url_pathname: page.page_script_hash for page in pages}
        self.page = message.navigation.page_script_hash

    def _status(self, message: ForwardMsg) -> None:
        self.running = message.session_status_changed.script_is_running

    def _end(self, message: ForwardMsg) -> None:
        if message.script_finished == _EARLY:
            return
        self.running = False
        self._nodes = {
            path: node
            for path, node in self._nodes.items()
            if node.run == self._run or (self._fragments and node.fragment not in self._fragments)
        }
        if not self._fragments:
            self._full_runs += 1
            self.drawn = self.begun
            self.cache = {k: v for k, v in self.cache.items() if v[1] > self._full_runs - _AGE}
        self.finished += 1
