"""A file with one line of JSON for each thing that is known, so that a run that was killed can go on."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from advlab.errors import InputError

Entry = dict[str, Any]


class Journal:
    """Lines of JSON: first what the run is, then what it found.

    What was added outlives a kill of the process; a last line that was cut off by one is dropped.

    Args:
        file: where to keep it; None keeps it in memory only.
        about: everything that the findings depend on; a file about anything else is refused.

    Raises:
        InputError: the file is of another run, or cannot be read or written.
    """

    def __init__(self, file: Path | None, about: Entry) -> None:
        self._file = file
        self.entries: list[Entry] = []
        if file is None:
            return
        wanted = json.loads(json.dumps(about))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            content = file.read_bytes() if file.exists() else b""
            whole = content[: content.rfind(b"\n") + 1]
            if whole:
                self.entries = _entries(whole, wanted, file)
                _cut(file, len(whole), len(content))
            else:
                file.write_text(json.dumps(wanted) + "\n", encoding="utf-8")
        except OSError as error:
            raise _unkept(file, error) from error

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep these.

        Raises:
            InputError: the file cannot be written.
        """
        new = list(entries)
        self.entries += new
        if self._file is None:
            return
        try:
            with self._file.open("a", encoding="utf-8") as opened:
                opened.write("".join(json.dumps(entry) + "\n" for entry in new))
        except OSError as error:
            raise _unkept(self._file, error) from error


def _entries(content: bytes, wanted: Entry, file: Path) -> list[Entry]:
    """What the lines after the first say, if the first one says that they are of this run."""
    try:
        about, *entries = map(json.loads, content.splitlines())
    except ValueError as error:
        raise InputError(f"{file} holds no results of ours: give another file, or delete it.") from error
    if about != wanted:
        differ = [key for key in wanted if not isinstance(about, dict) or about.get(key) != wanted[key]]
        raise InputError(
            f"{file} holds the results of another run ({', '.join(differ) or 'its settings'} differ): "
            "give another file, or delete it."
        )
    return entries


def _cut(file: Path, length: int, now: int) -> None:
    if length < now:
        with file.open("r+b") as opened:
            opened.truncate(length)


def _unkept(file: Path, error: OSError) -> InputError:
    return InputError(f"Cannot keep the results in {file}: {error.strerror or error}.")
