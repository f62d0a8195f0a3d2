"""Files that no model should be: 200 ways to be broken, wrong or evil, made afresh each time."""

import io
import json
import os
import pickle  # noqa: TID251 - what hostile files are made with
import pickletools
import struct
import tarfile
import zipfile
import zlib
from collections import OrderedDict

import torch
from safetensors.torch import save as to_safetensors

ARCHITECTURE = "timm:test_resnet"
CLASSES = 7
SIZE = (3, 64, 64)


class Call:
    """Pickled, it asks for a function to be called."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def call(module, name, *arguments):
    """Protocol 2: `module.name(*arguments)`, arguments being strings or whole numbers."""
    body = b"".join(pickle.dumps(argument, 2)[2:-1] for argument in arguments)
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n(" + body + b"tR"


def pickled(body):
    return b"\x80\x02" + body + b"."


def in_dict(body):
    """A pickle of `{"fc.weight": <body>}`."""
    return pickled(b"}X\x09\x00\x00\x00fc.weight" + body + b"s")


def archive(data, extra=(), method=zipfile.ZIP_STORED):
    """As `torch.save` writes it, around the pickle `data`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        file.writestr("archive/data.pkl", data)
        file.writestr("archive/byteorder", "little")
        for name, content in extra:
            file.writestr(name, content)
        file.writestr("archive/version", "3\n")
    return out.getvalue()


def legacy(data, after=b""):
    """As `torch.save` wrote it before it used archives."""
    head = [0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}]
    return b"".join(pickle.dumps(part, 2) for part in head) + data + pickle.dumps([], 2) + after


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def tensor_pickle(size, stride, offset=0, numel=4, kind="FloatStorage"):
    """A tensor over storage "0" whose size and strides are whatever one likes."""

    def numbers(values):
        return b"(" + b"".join(pickle.dumps(value, 2)[2:-1] for value in values) + b"t"

    storage = (
        b"(X\x07\x00\x00\x00storagectorch\n"
        + kind.encode()
        + b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
        + pickle.dumps(numel, 2)[2:-1]
        + b"tQ"
    )
    rest = pickle.dumps(offset, 2)[2:-1] + numbers(size) + numbers(stride)
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + rest + b"\x89ccollections\nOrderedDict\n)RtR"


def with_tensor(*args, content=b"\0" * 16, **options):
    return archive(in_dict(tensor_pickle(*args, **options)), [("archive/data/0", content)])


def header(text, data=b"", length=None):
    """Safetensors with this header, and a length of it that may be a lie."""
    raw = text if isinstance(text, bytes) else (text if isinstance(text, str) else json.dumps(text)).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def entry(dtype="F32", shape=(2, 2), offsets=(0, 16)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


# ---- the families; each is a list of (name, content)


def code(canary):
    """Every way of saying “call this” in every kind of file. The command would leave the canary behind."""
    touch = f"touch {canary}"
    python = f"open({str(canary)!r}, 'w').close()"
    calls = {
        "os.system": call("os", "system", touch),
        "posix.system": call("posix", "system", touch),
        "eval": call("builtins", "eval", python),
        "exec": call("builtins", "exec", python),
        "py2-eval": call("__builtin__", "eval", python),
        "popen": call("subprocess", "getoutput", touch),
        "runpy": call("runpy", "_run_code", python),
        "torch-load": call("torch", "load", str(canary)),
        "torch-hub": call("torch.hub", "load", str(canary)),
        "torch-library": call("torch", "load_library", str(canary)),
        "import": call("builtins", "__import__", "antigravity"),
        "open": call("io", "open", str(canary), "w"),
        "getattr": call("builtins", "getattr", "", "format"),
        "numpy": call("numpy.core.multiarray", "_reconstruct", touch),
        "dotted": call("torch", "os.system", touch),
        "torch-storage": call("torch.storage", "_load_from_bytes", touch),
        "rebuild": call("torch._tensor", "_rebuild_from_type_v2", touch),
        "namespace": call("argparse", "Namespace"),
        "jit": call("torch.jit._script", "unpackage_script_module", touch),
        "timeit": call("timeit", "timeit", python),
    }
    for name, body in calls.items():
        yield f"{name}-archive", archive(in_dict(body))
        yield f"{name}-pickle", pickled(body)
        yield f"{name}-legacy", legacy(in_dict(body))
    system = Call(os.system, touch)
    for protocol in range(6):
        yield f"reduce-protocol-{protocol}", pickle.dumps({"fc.weight": system}, protocol)
        yield f"reduce-archive-{protocol}", archive(pickle.dumps({"fc.weight": system}, protocol))
    yield "inst", archive(pickled(b"(X\x01\x00\x00\x00aios\nsystem\n"))
    yield "obj", archive(pickled(b"(cos\nsystem\nX\x01\x00\x00\x00ao"))
    yield "newobj", archive(pickled(b"ccollections\nOrderedDict\n)\x81}X\x01\x00\x00\x00ab"))
    yield "stack-global", archive(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x01a\x85R.")
    yield "extension", archive(pickled(b"\x82\x01"))
    yield "second-pickle", legacy(pickled(b"}") + pickled(call("os", "system", touch)))
    yield "behind-the-object", pickled(b"}") + pickled(call("os", "system", touch))
    yield "two-pickles", archive(pickled(b"}"), [("archive/more/data.pkl", pickled(call("os", "system", touch)))])
    yield "build", archive(pickled(b"ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsNsb"))


def archives():
    zeros = b"\0" * 200_000_000
    yield "bomb-tensor", archive(pickled(b"}"), [("archive/data/0", zeros)], zipfile.ZIP_DEFLATED)
    yield "bomb-pickle", archive(b"\x80\x02" + b"]" * 50_000_000 + b".", (), zipfile.ZIP_DEFLATED)
    inner = archive(pickled(b"}"), [("archive/data/0", zeros[:50_000_000])], zipfile.ZIP_DEFLATED)
    yield "bomb-nested", archive(pickled(b"}"), [(f"archive/data/{i}", inner) for i in range(3)])
    yield "bomb-lzma", archive(pickled(b"}"), [("archive/data/0", zeros[:10_000_000])], zipfile.ZIP_LZMA)
    yield "bomb-bzip2", archive(pickled(b"}"), [("archive/data/0", zeros[:10_000_000])], zipfile.ZIP_BZIP2)
    yield "many-entries", archive(pickled(b"}"), [(f"archive/data/{i}", b"") for i in range(60_000)])
    yield "overlapping", overlapping()
    yield "lying-size", lying_size()
    yield "outside", archive(pickled(b"}"), [("../../../../tmp/outside", b"x")])
    yield "absolute", archive(pickled(b"}"), [("/tmp/outside", b"x")])  # noqa: S108
    yield "no-pickle", archive(pickled(b"}")).replace(b"data.pkl", b"data.txt")
    yield "jar", archive(b"", [("META-INF/MANIFEST.MF", b"Main-Class: Evil")])
    yield "script", archive(pickled(b"}"), [("archive/constants.pkl", b"\x80\x02)."), ("archive/code/a.py", b"1/0")])
    yield "no-directory", archive(pickled(b"}"))[:-22]
    yield "encrypted", archive(pickled(b"}")).replace(b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\1\0")
    yield "no-version", archive(pickled(b"}")).replace(b"archive/version", b"archive/vorsian")
    yield "tar", tar({"pickle": pickled(call("os", "system", "true")), "tensors": b"", "storages": b""})
    yield "tar-links", tar({"storages": b"", "pickle": b""}, link="/etc/passwd")
    yield "gzip", zlib.compress(b"0" * 10_000)


def overlapping():
    """A thousand entries that all are the same megabyte."""
    plain = archive(pickled(b"}"), [("archive/data/0", b"\0" * 1_000_000)])
    start = plain.index(b"PK\x01\x02")
    end = plain.index(b"PK\x05\x06")
    one = plain.index(b"PK\x01\x02", plain.index(b"archive/byteorder", start))
    record = plain[one : plain.index(b"PK\x01\x02", one + 4)]
    directory = plain[start:end] + b"".join(record.replace(b"data/0", b"data/%d" % (i % 10)) for i in range(1000))
    tail = bytearray(plain[end:])
    struct.pack_into("<HHI", tail, 8, 1004, 1004, len(directory))
    return plain[:start] + directory + bytes(tail)


def lying_size():
    """An entry whose size, in the directory, is almost 4 GiB."""
    plain = bytearray(archive(pickled(b"}"), [("archive/data/0", b"\0" * 100)]))
    place = bytes(plain).rindex(b"archive/data/0") - 46
    struct.pack_into("<II", plain, place + 20, 0xFFFFFFF0, 0xFFFFFFF0)
    return bytes(plain)


def tar(files, link=None):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            file.addfile(about, io.BytesIO(content))
        if link:
            about = tarfile.TarInfo("tensors")
            about.type, about.linkname = tarfile.SYMTYPE, link
            file.addfile(about)
    return out.getvalue()


def tensors():
    big = 2**40
    yield "stride-0", with_tensor((big,), (0,))
    yield "stride-0-square", with_tensor((2**20, 2**20), (0, 0))
    yield "stride-0-modest", with_tensor((40_000_000, 10), (0, 0))
    yield "beyond-storage", with_tensor((1000, 1000), (1000, 1))
    yield "negative-size", with_tensor((-1,), (1,))
    yield "negative-stride", with_tensor((2,), (-1,))
    yield "negative-offset", with_tensor((2,), (1,), offset=-8)
    yield "offset-beyond", with_tensor((2,), (1,), offset=2**50)
    yield "overflow", with_tensor((2**62, 8), (1, 1))
    yield "huge-numel", with_tensor((2,), (1,), numel=2**50)
    yield "negative-numel", with_tensor((2,), (1,), numel=-1)
    yield "short-storage", with_tensor((4,), (1,), content=b"\0" * 3)
    yield "other-kind", with_tensor((4,), (1,), kind="QInt8Storage")
    yield "no-kind", with_tensor((4,), (1,), kind="NoStorage")
    yield "size-of-text", archive(in_dict(call("torch._utils", "_rebuild_tensor_v2", "a", "b", "c")))
    yield "no-storage", archive(in_dict(tensor_pickle((2,), (1,))))
    yield "many-dimensions", with_tensor((1,) * 2000, (1,) * 2000)
    one = torch.zeros(())
    yield "many-tensors", saved({f"t{i}": one for i in range(60_000)})
    yield "sparse", saved({"fc.weight": torch.eye(4).to_sparse()})
    yield "complex", saved({"fc.weight": torch.zeros(4, dtype=torch.complex64)})
    yield "meta", saved({"fc.weight": torch.empty(2**40, device="meta")})
    yield "numbers-for-names", saved({1: one, 2: one})
    yield "long-names", saved({"x" * 100_000: one})
    yield "no-tensors", saved({"epoch": 3})
    yield "one-tensor", saved(one)
    yield "list", saved([one])
    yield "none", saved(None)
    yield "expanded", saved({"fc.weight": torch.zeros(1).expand(300_000_000)})


def pickles():
    yield "deep-lists", pickled(b"]" * 300_000 + b"a" * 299_999)
    yield "deep-lists-archive", archive(pickled(b"]" * 300_000 + b"a" * 299_999))
    yield "deep-tuples", archive(pickled(b")" + b"\x85" * 300_000))
    yield "deep-wrappers", archive(pickled(b"}X\x05\x00\x00\x00model" * 1000 + b"}" + b"s" * 1000))
    yield "itself", archive(pickled(b"}q\x00X\x05\x00\x00\x00modelh\x00s"))
    yield "long-text", archive(b"\x80\x04\x8d" + struct.pack("<Q", 2**60) + b"a.")
    yield "long-bytes", archive(b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"a.")
    yield "long-number", archive(b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"a.")
    yield "negative-number", archive(b"\x80\x02\x8b" + struct.pack("<i", -5) + b"a.")
    yield "million-digits", archive(b"\x80\x02I" + b"9" * 1_000_000 + b"\n.")
    yield "memo-far", archive(b"\x80\x02}r" + struct.pack("<I", 2**32 - 1) + b".")
    yield "many-operations", archive(pickled(b"N0" * 9_000_000 + b"}"))
    yield "many-operations-bare", pickled(b"N0" * 9_000_000 + b"}")
    yield "empty-stack", archive(pickled(b"0"))
    yield "no-mark", archive(pickled(b"u"))
    yield "no-stop", archive(b"\x80\x02}")
    yield "unknown-operation", archive(b"\x80\x02\xff.")
    yield "protocol-99", archive(b"\x80\x63}.")
    yield "persistent", archive(pickled(b"Pevil\n"))
    yield "hash-list", archive(pickled(b"}](NNes"))
    yield "legacy-magic", pickle.dumps(7, 2)
    yield "legacy-cut", legacy(pickled(b"}"))[:40]
    yield "legacy-storage", legacy(in_dict(tensor_pickle((2**40,), (0,))))
    yield "optimised", archive(pickletools.optimize(pickle.dumps({"a": [1] * 1000}, 2)))
    yield "bytes", archive(pickled(call("_codecs", "encode", "a" * 1000, "rot13")))
    yield "counter", archive(pickled(call("collections", "Counter", "abc" * 1000)))


def safetensors():
    yield "header-huge", header("{}", length=2**63)
    yield "header-long", header("{}", length=10**9)
    yield "header-negative", header("{}", length=2**64 - 1)
    yield "header-longer-than-file", header("{}", length=50)
    yield "header-cut", header("{")
    yield "header-text", header("{hello}")
    yield "header-binary", header(b'{"\xff\xfe": 1}')
    yield "header-deep", header('{"a":' * 50_000 + "1" + "}" * 50_000)
    yield (
        "header-big-list",
        header('{"a": {"dtype": "F32", "shape": [' + "1," * 4_000_000 + '1], "data_offsets": [0, 4]}}'),
    )
    yield "header-null", header('{"a": null}')
    yield "header-empty", header("{}")
    yield "overlap", header({"a": entry(), "b": entry(offsets=(8, 24))}, b"\0" * 24)
    yield "hole", header({"a": entry(), "b": entry(offsets=(20, 36))}, b"\0" * 36)
    yield "beyond", header({"a": entry(offsets=(0, 10**12))}, b"\0" * 16)
    yield "backwards", header({"a": entry(offsets=(16, 0))}, b"\0" * 16)
    yield "negative", header({"a": entry(offsets=(-16, 0))}, b"\0" * 16)
    yield "shape-overflow", header({"a": entry(shape=(2**62, 2**62))}, b"\0" * 16)
    yield "shape-negative", header({"a": entry(shape=(-2, -2))}, b"\0" * 16)
    yield "shape-other", header({"a": entry(shape=(3, 3))}, b"\0" * 16)
    yield "dtype", header({"a": entry(dtype="EVIL")}, b"\0" * 16)
    yield "trailing", header({"a": entry()}, b"\0" * 999)
    yield "many", header({f"t{i}": entry(shape=(0,), offsets=(0, 0)) for i in range(60_000)})
    yield "short", b"\x08\0\0\0\0\0\0\0{"


def others():
    yield "text", b"hello, I am a model"
    yield "html", b"<!DOCTYPE html><title>404</title>"
    yield "picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 1000
    yield "program", b"\x7fELF" + b"\0" * 1000
    yield "zeros", b"\0" * 100_000
    yield "ones", b"\xff" * 100_000
    yield "one-byte", b"\x80"
    yield "only-pk", b"PK\x03\x04"
    yield "noise", zlib.compress(bytes(range(256)) * 100)
    yield "hdf5", b"\x89HDF\r\n\x1a\n" + b"\0" * 1000


def unfitting(state):
    """Real weights with something wrong, each in two formats."""
    wrong = {
        "one-missing": {k: v for k, v in state.items() if k != "fc.bias"},
        "one-more": {**state, "evil.weight": torch.zeros(3)},
        "transposed": {k: v.mT.contiguous() if k == "fc.weight" else v for k, v in state.items()},
        "other-classes": {k: torch.zeros(9, *v.shape[1:]) if k.startswith("fc.") else v for k, v in state.items()},
        "all-flat": {k: v.flatten() for k, v in state.items()},
        "other-names": {f"x{i}": v for i, v in enumerate(state.values())},
    }
    for name, value in wrong.items():
        yield f"{name}-safetensors", to_safetensors({k: v.clone().contiguous() for k, v in value.items()})
        yield f"{name}-state", saved(OrderedDict(value))
    whole = saved(OrderedDict(state))
    old = saved(OrderedDict(state), _use_new_zipfile_serialization=False)
    safe = to_safetensors(state)
    for name, content in (("archive", whole), ("legacy", old), ("safetensors", safe)):
        for part in (0.02, 0.5, 0.99):
            yield f"cut-{name}-{part}", content[: int(part * len(content))]


def damaged(state):
    """What can be read and fits, and is found by looking at the answers."""
    for name, value in {"nan": float("nan"), "inf": float("inf"), "huge": 3e38, "zero": 0.0}.items():
        bad = {k: torch.full_like(v, value) if v.is_floating_point() else v for k, v in state.items()}
        yield f"all-{name}-state", saved(bad)
        yield f"all-{name}-safetensors", to_safetensors(bad)
    last = {**state, "fc.bias": torch.full_like(state["fc.bias"], float("nan"))}
    yield "one-nan", saved({"model": last})
