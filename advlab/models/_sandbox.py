"""A process of its own that reads files which nobody trusts. Run as a script; it needs nothing of AdvLab.

One process imports PyTorch and then only waits. For each file it makes a copy of itself with a limit on memory,
time and what it may write, which reads that file, writes the plain numbers in it as safetensors and ends.
So a hostile file meets a process that holds nothing and lives for seconds; and whatever happens to it, happens
to it alone. Nothing that a file asks to call is called: its pickles are looked through for names first, and
then read by PyTorch's reader of weights alone.

Requests come as lines of JSON on standard input, answers go as lines of JSON to standard output.
"""

import contextlib
import json
import os
import pickletools
import re
import select
import signal
import struct
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_MOST_TENSORS = 50_000
_HEADER = 20_000_000
_PICKLE, _OPERATIONS = 20_000_000, 3_000_000
# What a state dict's pickle may name. PyTorch's reader has a list of its own behind this one.
_TORCH = {"torch", "torch._utils", "torch.storage", "torch.serialization", "torch.nn.parameter", "torch._tensor"}
_PLAIN = {"collections OrderedDict", "collections defaultdict", "collections Counter", "_codecs encode", "builtins set"}
_ALIEN = {"INST", "OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "STACK_GLOBAL", "PERSID", "NEXT_BUFFER"}
# Where training scripts put the weights; the average over training is what is meant to be used.
_WRAPPERS = (
    "state_dict_ema",
    "model_ema",
    "ema",
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "module",
)
_WRAPPERS_LAST = ("params", "weights")
_SAVE = "save the weights alone, with torch.save(model.state_dict(), file) or as safetensors"


class RefusedError(Exception):
    """The file cannot be used; the message is a sentence."""


def convert(source: Path, out: Path, most: int) -> str:
    """Write the tensors of a file as safetensors; where in the file they were.

    Args:
        source: safetensors, or a state dict as `torch.save` writes it.
        out: the file to make: float32 and whole numbers only.
        most: bytes that the tensors may have.

    Raises:
        RefusedError: it is something else.
    """
    with source.open("rb") as file:
        head = file.read(512)
    if head[:4] == b"PK\x03\x04":
        _look_into_zip(source, most)
        found = _load(source)
    elif head[:1] == b"\x80":
        with source.open("rb") as file:
            for _ in range(5):  # a magic number, a version, the machine, the object, its storages
                _look_into_pickle(file)
        found = _load(source)
    elif _is_safetensors(head, source.stat().st_size):
        found = _load_safetensors(source)
    else:
        raise RefusedError(f"The file is neither safetensors nor a state dict of PyTorch: {_SAVE}.")
    where, state = _unwrap(found, "")
    # Half and quarter numbers become floats, and tied weights become two.
    room = min(2 * most, 8 * source.stat().st_size + 2**20)
    save_file(dict(_tensors(state, room)), out)
    return where


def _is_safetensors(head: bytes, size: int) -> bool:
    if len(head) < 9 or head[8:9] != b"{":
        return False
    (length,) = struct.unpack("<Q", head[:8])
    if length > min(_HEADER, size - 8):
        raise RefusedError("The safetensors file is damaged: its header is longer than it can be; export it anew.")
    return True


def _load_safetensors(source: Path) -> dict[str, Any]:
    try:
        return load_file(source)  # type: ignore[no-any-return,unused-ignore]
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise RefusedError("The safetensors file is damaged: export it anew.") from error


def _look_into_zip(source: Path, most: int) -> None:
    """PyTorch stores without compression, so anything larger inside than outside is not from there."""
    size = source.stat().st_size
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_TENSORS or sum(entry.file_size for entry in entries) > min(size, most):
                raise RefusedError(f"The file would unpack to more than it holds: {_SAVE}.")
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise RefusedError(f"The file is a compressed archive, not a state dict: {_SAVE}.")
            if any(entry.filename.endswith("constants.pkl") or "/code/" in entry.filename for entry in entries):
                raise RefusedError(f"The file is TorchScript, which holds code: {_SAVE}.")
            pickles = [entry for entry in entries if entry.filename.endswith(".pkl")]
            if len(pickles) != 1 or not pickles[0].filename.endswith("data.pkl"):
                raise RefusedError(f"The archive is not a state dict of PyTorch: {_SAVE}.")
            if pickles[0].file_size > _PICKLE:
                raise RefusedError(f"The file holds much more than weights: {_SAVE}.")
            with archive.open(pickles[0]) as file:
                _look_into_pickle(file)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise RefusedError("The file is damaged or was cut off: export it anew.") from error


def _look_into_pickle(file: IO[bytes]) -> None:
    """Name by name, without doing anything it says."""
    try:
        for count, (operation, argument, _) in enumerate(pickletools.genops(file)):
            if count > _OPERATIONS:
                raise RefusedError(f"The file holds much more than weights: {_SAVE}.")
            if operation.name in _ALIEN:
                raise RefusedError(f"The file holds more than weights ({operation.name.lower()}): {_SAVE}.")
            if operation.name == "GLOBAL" and argument not in _PLAIN and str(argument).split()[0] not in _TORCH:
                name = str(argument).replace(" ", ".")[:80]
                raise RefusedError(f"The file would run code to be read ({name}), and was not: {_SAVE}.")
    except (ValueError, OverflowError, IndexError) as error:
        raise RefusedError("The file is damaged, or not a state dict of PyTorch: export it anew.") from error


def _load(source: Path) -> Any:  # noqa: ANN401
    try:
        return torch.load(source, map_location="cpu", weights_only=True)
    except torch.serialization.pickle.UnpicklingError as error:  # type: ignore[attr-defined]
        named = re.search(r"(?:GLOBAL|type) ([\w.]+)", str(error))
        what = f" ({named[1][:80]})" if named else ""
        raise RefusedError(f"The file holds more than weights{what}: {_SAVE}.") from error
    except (RuntimeError, ValueError, EOFError, LookupError, AttributeError, TypeError, OSError) as error:
        if "allocate memory" in str(error):
            raise MemoryError from error
        raise RefusedError("The file is damaged, or not a state dict of PyTorch: export it anew.") from error


def _unwrap(found: Any, where: str, depth: int = 0) -> tuple[str, Mapping[Any, Any]]:  # noqa: ANN401
    """The dictionary that holds tensors, inside those that training scripts put around it."""
    if isinstance(found, Mapping) and depth < 4:
        if any(isinstance(value, torch.Tensor) for value in found.values()):
            return where, found
        for key in (*_WRAPPERS, *_WRAPPERS_LAST):
            inner = found.get(key)
            if isinstance(inner, Mapping) and inner:
                return _unwrap(inner, key, depth + 1)
    raise RefusedError(f"There is no state dict in the file: {_SAVE}.")


def _tensors(state: Mapping[Any, Any], room: int) -> Iterator[tuple[str, torch.Tensor]]:
    total = 0
    items = [(key, value) for key, value in state.items() if isinstance(value, torch.Tensor)]
    if len(items) > _MOST_TENSORS:
        raise RefusedError(f"The file holds {len(items):,} tensors, more than any network: {_SAVE}.")
    for key, tensor in items:
        if not isinstance(key, str) or len(key) > 300:
            raise RefusedError(f"A tensor in the file has no usable name: {_SAVE}.")
        if type(tensor) not in {torch.Tensor, torch.nn.Parameter} or tensor.layout != torch.strided or tensor.dim() > 8:
            raise RefusedError(f"“{key[:80]}” is not a plain tensor: {_SAVE}.")
        if tensor.is_meta:
            raise RefusedError(
                "The file has the names and shapes of tensors but no values (it was saved from the meta device): "
                "load the weights into the network before you save them."
            )
        if tensor.is_quantized or tensor.is_complex():
            raise RefusedError(f"“{key[:80]}” is not of plain numbers (it is {tensor.dtype}): {_SAVE}.")
        total += tensor.numel() * 4
        if total > room:
            raise RefusedError(f"The tensors are larger than the file that they are in: {_SAVE}.")
        numbers = tensor.detach().to(torch.float32) if tensor.is_floating_point() else tensor.detach()
        yield key, numbers.clone(memory_format=torch.contiguous_format)


def _confine(memory: int, seconds: float, most: int) -> None:
    """From here on this process can do little harm: it may not grow, run on, or write much."""
    if resource is None:
        return
    hard = {
        resource.RLIMIT_CPU: int(seconds) + 1,
        resource.RLIMIT_FSIZE: 2 * most + _HEADER,
        resource.RLIMIT_CORE: 0,
    }
    with contextlib.suppress(OSError):  # Linux only: elsewhere nobody says what the process has already
        now = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        hard[resource.RLIMIT_AS] = now + memory
    for kind, value in hard.items():
        with contextlib.suppress(ValueError, OSError):  # the system's own limit is lower
            resource.setrlimit(kind, (value, value))


def _answer(request: dict[str, Any]) -> dict[str, str]:
    try:
        _confine(request["memory"], request["seconds"], request["most"])
        return {"where": convert(Path(request["source"]), Path(request["out"]), request["most"])}
    except RefusedError as error:
        return {"refused": str(error)}
    except (MemoryError, RecursionError):
        return {"refused": f"The file asks for more memory than weights of its size need: {_SAVE}."}


def _child(request: dict[str, Any], out: int) -> NoReturn:
    code = 1
    try:
        os.write(out, json.dumps(_answer(request)).encode()[:4000])
        code = 0
    finally:
        os._exit(code)


def _watch(request: dict[str, Any]) -> bytes:
    """What the child answered; nothing if it died or took too long."""
    end, out = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(end)
        _child(request, out)
    os.close(out)
    deadline = time.monotonic() + request["seconds"]
    answer = b""
    while (left := deadline - time.monotonic()) > 0 and select.select([end], [], [], left)[0]:
        piece = os.read(end, 4096)
        if not piece:
            break
        answer += piece
    else:
        answer = b'{"late": ""}'
    os.close(end)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return answer or b'{"died": ""}'


def main() -> None:
    """Answer requests until there are no more."""
    torch.set_num_threads(1)
    sys.stdout.write('{"ready": ""}\n')
    sys.stdout.flush()
    for line in sys.stdin:
        request = json.loads(line)
        # Without fork: one file, one process; whoever asked watches the time.
        answer = _watch(request) if hasattr(os, "fork") else json.dumps(_answer(request)).encode()
        sys.stdout.write(answer.decode() + "\n")
        sys.stdout.flush()
        if not hasattr(os, "fork"):
            return


if __name__ == "__main__":
    main()
