"""The process that reads files: its limits hold, and losing it costs one file at most."""

import importlib
import sys
import time
from pathlib import Path

import pytest
import torch

from advlab.errors import ModelError, ResourceError
from advlab.models.reader import Reader
from tests.models.hostile import archive, pickled, saved

MODULE = importlib.import_module("advlab.models.reader")
MOST = 400_000_000
linux = pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")


@pytest.fixture(scope="module")
def reader():
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture
def files(tmp_path):
    source = tmp_path / "weights.pth"
    source.write_bytes(saved({"weight": torch.ones(5_000_000)}))
    return source, tmp_path / "out"


def test_what_is_read_is_written_as_safetensors(reader, files):
    assert reader.convert(*files, MOST) == ""
    assert files[1].stat().st_size > 20_000_000


@linux
def test_memory_has_a_limit(reader, files, monkeypatch):
    monkeypatch.setattr(MODULE, "_MEMORY", 2**20)
    monkeypatch.setattr(MODULE, "_TIMES", 0)
    with pytest.raises(ModelError, match="asks for more memory"):
        reader.convert(*files, MOST)
    assert not files[1].exists()


def test_time_has_a_limit(reader, files, monkeypatch):
    files[0].write_bytes(archive(pickled(b"N0" * 1_400_000 + b"}")))
    monkeypatch.setattr(MODULE, "_SECONDS", 0.1)
    monkeypatch.setattr(MODULE, "_BYTES_A_SECOND", 1e12)
    reader.start()
    started = time.perf_counter()
    with pytest.raises(ModelError, match="takes longer to read"):
        reader.convert(*files, MOST)
    assert time.perf_counter() - started < 3


def test_what_is_written_has_a_limit(reader, files):
    files[0].write_bytes(saved({"weight": torch.ones(20_000_000, dtype=torch.float16)}))
    with pytest.raises(ModelError):
        reader.convert(*files, 10_000_000)


def test_it_is_started_again(reader, files):
    reader.start()
    reader._process.kill()
    reader._process.wait()
    assert reader.convert(*files, MOST) == ""
    first = reader._process.pid
    assert reader.convert(*files, MOST) == ""
    assert reader._process.pid == first


def test_it_knows_nothing_of_our_environment(reader, monkeypatch):
    monkeypatch.setenv("ADVLAB_SECRET", "hush")
    fresh = Reader()
    fresh.start()
    try:
        environment = Path(f"/proc/{fresh._process.pid}/environ")
        if environment.exists():
            assert b"hush" not in environment.read_bytes()
    finally:
        fresh.close()


def test_it_ends_with_us(files):
    reader = Reader()
    reader.start()
    process = reader._process
    process.stdin.close()  # as when we are gone
    assert process.wait(10) == 0
    reader.close()


def test_when_it_cannot_be_started(files, monkeypatch):
    monkeypatch.setattr(MODULE.sys, "executable", "/bin/false")
    with pytest.raises(ResourceError, match="cannot be started"):
        Reader().convert(*files, MOST)
