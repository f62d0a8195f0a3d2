"""One browser tab without the browser: a session of the real server over its websocket.

Thirty Chromium pages on a small machine would measure Chromium. What a tab does for its page is imitated here: it
keeps the elements by their place, forgets those that a run did not draw again, holds the values of widgets, reruns
fragments by the timer that the server asks for, and answers references to messages from its cache. What it does not
do is to draw, to fetch static files and to run the code of components.
"""

import asyncio
import contextlib
import json
import time
import urllib.request
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from .screen import Screen

_MOST = 64 * 2**20  # bytes of a message


class GoneError(Exception):
    """The server closed the connection, or what was waited for did not come."""


class Visitor:
    """A person with one tab open."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.received = 0  # bytes
        self.complaints: list[str] = []  # errors that were seen on a page at any time
        self._waiting: list[asyncio.Event] = []
        self._forget()

    def _forget(self) -> None:
        self.screen = Screen(self._every, self._cancel)
        self._states: dict[str, WidgetState] = {}
        self._timers: dict[str, tuple[asyncio.Task[None], float]] = {}
        self._path = ""
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    # ---- what a person does

    async def open(self, link: str = "/") -> None:
        """A new tab on a link of the server, like `/lab?seed=1`; returns when the page is drawn."""
        parts = urlsplit(link)
        address = self.address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await connect(address, subprotocols=["streamlit"], max_size=_MOST, compression=None)
        self._path, self.screen.query = parts.path.strip("/"), parts.query
        self._reader = asyncio.create_task(self._read())
        await self.rerun()

    async def close(self) -> None:
        """Close the tab, whatever it is doing."""
        self._cancel("")
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader
        self._forget()

    async def reload(self, link: str = "/lab") -> None:
        """Load the page anew: for the server this is somebody else."""
        await self.close()
        await self.open(link)

    async def go(self, path: str) -> None:
        """Another page, by the navigation."""
        self.screen.page, self.screen.query = self.screen.pages[path], ""
        await self.rerun()

    async def press(self, key: str, **values: object) -> None:
        """Press a button after setting other widgets; the page is drawn anew."""
        await self.rerun(WidgetState(id=self.widget(key).id, trigger_value=True), **values)

    async def trigger(self, key: str, event: str, value: object) -> None:
        """What a component of ours tells when it is clicked."""
        name = f"$$STREAMLIT_INTERNAL_KEY_{self.widget(key).id}__events"
        await self.rerun(WidgetState(id=name, json_trigger_value=json.dumps([{"event": event, "value": value}])))

    async def upload(self, key: str, name: str, data: bytes) -> None:
        """Choose a file of one's own in an uploader."""
        message = BackMsg()
        message.file_urls_request.request_id = name
        message.file_urls_request.file_names.append(name)
        message.file_urls_request.session_id = self.screen.session
        self.screen.uploads.clear()
        await self._put(message)
        await self.until(lambda: bool(self.screen.uploads), 30)
        urls = self.screen.uploads[0]
        await asyncio.to_thread(_upload, self.address, urls.upload_url, name, data)
        state = WidgetState(id=self.widget(key).id)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=urls.file_id, name=name, size=len(data), file_urls=urls
        )
        self._states[state.id] = state
        await self.rerun()

    async def rerun(self, *triggers: WidgetState, **values: object) -> None:
        """Set widgets, keys with their values, and wait until the page is drawn."""
        for key, value in values.items():
            state = _state(self.widget(key), value)
            self._states[state.id] = state
        before = self.screen.begun
        await self._send(*triggers)
        # A fragment may end in the meantime: only a run of the whole script that began afterwards is the answer.
        await self.until(lambda: self.screen.drawn > before and not self.screen.running, 120)
        self.complaints.extend(alert for alert in self.alerts() if alert not in self.complaints)
        there = {getattr(element, "id", "") for element in self.screen.elements()}
        self._states = {name: state for name, state in self._states.items() if name in there}

    async def until(self, true: Callable[[], bool], seconds: float) -> None:
        """Wait for something on the page; looked at whenever a run has ended."""
        end = time.monotonic() + seconds
        event = asyncio.Event()
        self._waiting.append(event)
        try:
            while not true():
                if self._reader is None or self._reader.done():
                    raise GoneError("The server closed the connection.")
                event.clear()
                try:
                    await asyncio.wait_for(event.wait(), end - time.monotonic())
                except TimeoutError:
                    raise GoneError(f"Nothing came in {seconds:.0f} s.") from None
        finally:
            self._waiting.remove(event)

    # ---- what a person sees

    def widget(self, key: str) -> Any:
        """The widget with a key of the page's code."""
        for element in self.screen.elements():
            if user_key(getattr(element, "id", "")) == key:
                return element
        there = sorted({user_key(getattr(element, "id", "")) for element in self.screen.elements()})
        raise GoneError(f"There is no widget “{key}” on this page; there are {there}.")

    def html(self) -> list[str]:
        """Everything that the page's code wrote as HTML."""
        return [element.body for element in self.screen.elements("html")]

    def alerts(self) -> list[str]:
        """Errors and exceptions on the page, and what went wrong in the protocol."""
        errors = [element.body for element in self.screen.elements("alert") if element.format == element.ERROR]
        raised = [f"{element.type}: {element.message}" for element in self.screen.elements("exception")]
        return errors + raised + self.screen.problems

    @property
    def timers(self) -> list[float]:
        """Intervals at which fragments are run again."""
        return [interval for _, interval in self._timers.values()]

    def state(self) -> str:
        """Where the script is, for the report of a loss."""
        screen = self.screen
        return f"{screen.begun} runs begun, {screen.drawn} drawn, running: {screen.running}, timers {self.timers}"

    # ---- the connection

    async def _send(self, *triggers: WidgetState, fragment: str = "", auto: bool = False) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self.screen.query, self.screen.page
        if not self.screen.page:
            state.page_name = self._path
        state.widget_states.widgets.extend([*self._states.values(), *triggers])
        state.fragment_id, state.is_auto_rerun = fragment, auto
        state.cached_message_hashes.extend(self.screen.cache)
        state.context_info.timezone, state.context_info.locale = "UTC", "en-GB"
        state.context_info.url = f"{self.address}/{self._path}"
        await self._put(message)

    async def _put(self, message: BackMsg) -> None:
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):  # the reader tells
            await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket is not None
        screen = self.screen
        with contextlib.suppress(ConnectionClosed):
            async for data in self._socket:
                self.received += len(data)
                message = ForwardMsg.FromString(data)
                screen.take(message)
                if message.WhichOneof("type") in ("script_finished", "session_status_changed", "file_urls_response"):
                    self._look()
        self._look()

    def _look(self) -> None:
        for event in self._waiting:
            event.set()

    def _every(self, fragment: str, interval: float) -> None:
        async def tick() -> None:
            while True:
                await asyncio.sleep(interval)
                await self._send(fragment=fragment, auto=True)

        if fragment in self._timers and self._timers[fragment][1] == interval:
            return
        self._cancel(fragment)
        self._timers[fragment] = (asyncio.create_task(tick()), interval)

    def _cancel(self, fragment: str) -> None:
        """No more timer for a fragment, or for any."""
        for name in [name for name in self._timers if fragment in ("", name)]:
            self._timers.pop(name)[0].cancel()


def user_key(identity: str) -> str:
    """The key in a widget's identity, `$$ID-<hash>-<key>`."""
    parts = identity.split("-", 2)
    return parts[2] if len(parts) == 3 and parts[0] == "$$ID" and parts[2] != "None" else ""


def _state(widget: Any, value: object) -> WidgetState:
    state = WidgetState(id=widget.id)
    match widget.DESCRIPTOR.name, value:
        case "NumberInput", float() | int():
            state.double_value = value
        case "Slider", float() | int():
            state.double_array_value.data.append(value)
        case "Selectbox", str():
            state.string_value = value
        case "ButtonGroup", str():
            state.string_array_value.data.append(value)
        case "Checkbox", bool():
            state.bool_value = value
        case _:
            raise TypeError(f"No way is known to set a {widget.DESCRIPTOR.name} to {value!r}.")
    return state


def _upload(address: str, url: str, name: str, data: bytes) -> None:
    """Send a file to where the server wants it, with its token against forged requests."""
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=30) as reply:  # noqa: S310 - our own server
        cookies = SimpleCookie(reply.headers.get("Set-Cookie", ""))
    border = "one-border-between-parts"
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    body = f"{head}Content-Type: image/png\r\n\r\n".encode() + data + f"\r\n--{border}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={border}"}
    for key, morsel in cookies.items():
        if "xsrf" in key:
            headers |= {"Cookie": f"{key}={morsel.value}", "X-Xsrftoken": morsel.value}
    request = urllib.request.Request(address + url, body, headers, method="PUT")  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - our own server
        pass
