"""Files from the network: whole, checked, or not at all."""

import errno
import hashlib
import http.client
import logging
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from advlab.errors import ResourceError

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are here and how many there will be, if the server says."""

# Seconds that a server may be silent for.
TIMEOUT = 20.0
_PIECE = 2**18
# Room to leave on the disk.
_SPARE = 2**26
_LOG = logging.getLogger(__name__)


class StoppedError(ResourceError):
    """Somebody stopped the download; nothing of it is left."""


def download(
    url: str,
    into: Path,
    *,
    sha256_prefix: str | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Path:
    """Fetch `url` into the file `into`, which appears only when it is complete and right.

    Args:
        url: https, http.
        into: the file; its folder is made if need be.
        sha256_prefix: what the SHA-256 of the content begins with, in hexadecimal.
        progress: told about every quarter of a megabyte.
        should_stop: asked as often; true ends the download.

    Raises:
        ResourceError: no connection, the server refuses, the disk is full, the file came torn or wrong.
        StoppedError: `should_stop` said so.
    """
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=into.parent, prefix=".part-", delete=False) as part:
            file = Path(part.name)
            try:
                digest = _receive(url, part, progress or (lambda _here, _whole: None), should_stop or (lambda: False))
                _check(digest, sha256_prefix, url)
                part.close()
                file.replace(into)
            finally:
                part.close()
                file.unlink(missing_ok=True)
    except OSError as error:  # the network's errors are sentences already
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _full(into.parent) from error
        raise ResourceError(f"Cannot write to {into.parent}: {error.strerror or error}.") from error
    return into


def _receive(url: str, out: IO[bytes], progress: Progress, should_stop: Callable[[], bool]) -> str:
    """Stream the answer into `out`; its SHA-256."""
    host = urlsplit(url).hostname or url
    here, digest = 0, hashlib.sha256()
    with _open(url, host) as answer:
        whole = _length(answer.headers)
        if whole is not None and shutil.disk_usage(Path(out.name).parent).free < whole + _SPARE:
            raise _full(Path(out.name).parent)
        while True:
            if should_stop():
                raise StoppedError("The download was stopped; nothing of it was kept.")
            progress(here, whole)
            piece = _read(answer, host)
            if not piece:
                break
            out.write(piece)
            digest.update(piece)
            here += len(piece)
    if whole is not None and here < whole:
        raise _cut_off(host)
    return digest.hexdigest()


def _open(url: str, host: str) -> http.client.HTTPResponse:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ResourceError(f"“{url}” is no address on the web: give one that begins with https://.")
    # The server may not compress: the length is what tells whether all of it came.
    request = urllib.request.Request(url, headers={"User-Agent": "advlab", "Accept-Encoding": "identity"})  # noqa: S310
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310 - checked above
    except urllib.error.HTTPError as error:
        error.close()
        raise ResourceError(_refusal(error.code, url, host)) from error
    except (OSError, http.client.HTTPException) as error:
        raise _offline(host, error) from error
    return answer


def _read(answer: http.client.HTTPResponse, host: str) -> bytes:
    try:
        return answer.read1(_PIECE)
    except TimeoutError as error:
        raise ResourceError(f"{host} fell silent for {TIMEOUT:.0f} seconds: try again later.") from error
    except (OSError, http.client.HTTPException) as error:
        raise _cut_off(host) from error


def _length(headers: Message) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdigit() else None


def _refusal(code: int, url: str, host: str) -> str:
    if code in {404, 410}:
        return f"{host} no longer has the file {urlsplit(url).path.rsplit('/', 1)[-1]}: choose another model."
    if code in {401, 403, 451}:
        return f"{host} does not give this file to everybody (HTTP {code}): choose another model."
    if code == 429:
        return f"{host} was asked too often (HTTP 429): try again in a few minutes."
    return f"{host} cannot answer now (HTTP {code}): try again later."


def _offline(host: str, error: Exception) -> ResourceError:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return ResourceError(f"{host} does not answer: check the connection, or try again later.")
    if isinstance(reason, ConnectionRefusedError):
        return ResourceError(f"{host} refuses the connection: check the connection and the proxy.")
    _LOG.warning("%s cannot be reached: %s", host, reason)
    return ResourceError(
        f"{host} cannot be reached: connect to the internet, or choose a model that is on this computer."
    )


def _cut_off(host: str) -> ResourceError:
    return ResourceError(f"The connection to {host} broke off before the file was complete: try again.")


def _full(folder: Path) -> ResourceError:
    return ResourceError(
        f"The disk with {folder} is full: free some space, or set ADVLAB_HOME to a folder on another disk."
    )


def _check(digest: str, prefix: str | None, url: str) -> None:
    if prefix is not None and not digest.startswith(prefix.lower()):
        raise ResourceError(
            f"What came from {urlsplit(url).hostname} is not the file that was published (its checksum begins with "
            f"{digest[: len(prefix)]}, not {prefix}): try again, and mind who is between you and the server."
        )
