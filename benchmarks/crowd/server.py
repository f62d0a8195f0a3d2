"""The real server as a process, and what the system says about it."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
_WRONG = re.compile(r"Traceback|\bERROR\b|\bCRITICAL\b|Uncaught")


class Server:
    """`streamlit run app.py` on a free port; use it in a `with`."""

    def __init__(self, **environment: str) -> None:
        self._environment = {**os.environ, **environment}

    def __enter__(self) -> Self:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = int(s.getsockname()[1])
        self.address = f"http://127.0.0.1:{port}"
        self._log = tempfile.TemporaryFile()  # closed in __exit__
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        self.began = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--server.address", "127.0.0.1"],
            cwd=ROOT,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=self._environment,
        )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()

    def _wait(self) -> None:
        for _ in range(1200):
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2):  # noqa: S310 - our own
                    return
            except OSError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
        self._process.kill()
        raise RuntimeError(f"The server did not start:\n{self.log()}")

    def log(self) -> str:
        """All that it has printed."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def problems(self) -> list[str]:
        """Lines of the log that tell of errors, and how the server ended if it did."""
        code = self._process.poll()
        ended = [] if code is None else [f"The server ended: {_how(code)}."]
        return ended + [line for line in self.log().splitlines() if _WRONG.search(line)]

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def memory(self) -> float:
        """Resident MiB of the process."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def idle() -> float:
        """Seconds of processor time that nobody on this machine has used."""
        fields = Path("/proc/stat").read_text().splitlines()[0].split()
        return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")

    def threads(self) -> int:
        """How many threads it has."""
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))


def _how(code: int) -> str:
    """An exit status in words: a crash is told from somebody else's signal."""
    return f"exit status {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
