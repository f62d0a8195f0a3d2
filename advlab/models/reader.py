"""Asking the process that reads untrusted files, and outliving whatever happens to it."""

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from advlab.errors import ModelError, ResourceError
from advlab.models import _sandbox

# Seconds that a file may take, and how many of its bytes more a second.
_SECONDS, _BYTES_A_SECOND = 3.0, 40e6
# Memory beyond what the process has: a file is read, then turned into floats, then written.
_MEMORY, _TIMES = 2**29, 6
# Importing PyTorch on a busy machine.
_START = 120.0
# What a process needs to run at all; the rest of our environment is none of its business.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "HOME", "TMPDIR", "TEMP", "LANG")

_SENTENCES = {
    "late": "The file takes longer to read than weights of its size do: export it anew, best as safetensors.",
    "died": "The file cannot be read: export it anew, best as safetensors.",
}


class Reader:
    """One process for all files, one file at a time. It is started at the first, and again if it was lost."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def convert(self, source: Path, out: Path, most: int) -> str:
        """Write the tensors of the untrusted file `source` to `out` as safetensors; where in it they were.

        Raises:
            ModelError: it is no file of weights.
            ResourceError: the process that reads it cannot be started.
        """
        size = source.stat().st_size
        seconds = _SECONDS + size / _BYTES_A_SECOND
        request = {
            "source": str(source.absolute()),
            "out": str(out.absolute()),
            "most": most,
            "seconds": seconds,
            "memory": _MEMORY + _TIMES * size,
        }
        with self._lock:
            answer = self._ask(request, seconds + 1)
        if "where" in answer:
            return answer["where"]
        out.unlink(missing_ok=True)
        kind, text = next(iter(answer.items()), ("died", ""))
        # The words come from a process that has seen the file: they are text, and short.
        raise ModelError(_SENTENCES.get(kind) or "".join(c for c in text if c.isprintable())[:400])

    def start(self) -> None:
        """Have the process ready, so that the first file need not wait for it."""
        with self._lock:
            self._running()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, request: dict[str, object], seconds: float) -> dict[str, str]:
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise ResourceError("The process that reads files has no pipes: start AdvLab again.")
        alarm = threading.Timer(seconds, process.kill)
        alarm.start()
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or "null")  # killed, by the alarm
        except (OSError, ValueError):
            answer = None
        finally:
            alarm.cancel()
        if not isinstance(answer, dict) or not hasattr(os, "fork"):
            self._end()
        return {str(key): str(value) for key, value in answer.items()} if isinstance(answer, dict) else {"late": ""}

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="")
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            # -P: the script's folder is not a place to import from; its neighbours have common names.
            [sys.executable, "-P", "-W", "ignore", str(Path(_sandbox.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        alarm = threading.Timer(_START, self._process.kill)
        alarm.start()
        line = self._process.stdout.readline() if self._process.stdout else ""
        alarm.cancel()
        if '"ready"' not in line:
            self._end()
            raise ResourceError("The process that reads weights cannot be started: close what uses the memory.")
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


reader = Reader()
atexit.register(reader.close)
