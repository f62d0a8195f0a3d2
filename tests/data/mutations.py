"""Ways to damage a file, most of which keep enough of it intact to reach the depths of a decoder."""

import struct
import zlib

EDGES = (0, 1, 2, 3, 4, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)


def flip_bits(data, other, generator):
    broken = bytearray(data)
    for at in generator.integers(0, len(data), int(generator.integers(1, 17))):
        broken[at] ^= 1 << int(generator.integers(0, 8))
    return bytes(broken)


def scatter(data, other, generator):
    """Random bytes over a stretch."""
    begin, end = _stretch(data, generator)
    return data[:begin] + generator.bytes(end - begin) + data[end:]


def cut_end(data, other, generator):
    return data[: int(generator.integers(0, len(data)))]


def cut_out(data, other, generator):
    begin, end = _stretch(data, generator)
    return data[:begin] + data[end:]


def repeat(data, other, generator):
    begin, end = _stretch(data, generator)
    return data[:begin] + data[begin:end] * int(generator.integers(2, 200)) + data[end:]


def splice(data, other, generator):
    """The beginning of one file and the end of another."""
    return data[: int(generator.integers(1, len(data)))] + other[int(generator.integers(0, len(other))) :]


def insert(data, other, generator):
    """A piece of another file in the middle of this one."""
    at = int(generator.integers(0, len(data)))
    begin, end = _stretch(other, generator)
    return data[:at] + other[begin:end] + data[at:]


def number(data, other, generator):
    """An edge case in place of some number."""
    return _edge(data, int(generator.integers(0, max(1, len(data) - 4))), generator)


def header(data, other, generator):
    """Up to three numbers of the header lie."""
    for at in generator.integers(2, max(3, min(64, len(data) - 4)), int(generator.integers(1, 4))):
        data = _edge(data, int(at), generator)
    return data


def relabel(data, other, generator):
    """This file's content under another's first bytes."""
    length = int(generator.integers(2, 13))
    return other[:length] + data[length:]


def pieces(data, other, generator):
    """A chunk, segment or directory entry is dropped, doubled, swapped or exchanged with another file's."""
    parts, foreign = _parts(data), _parts(other)
    at, to = (int(k) for k in generator.integers(0, len(parts), 2))
    match int(generator.integers(0, 4)):
        case 0:
            del parts[at]
        case 1:
            parts.insert(to, parts[at])
        case 2:
            parts[at], parts[to] = parts[to], parts[at]
        case _:
            parts[at] = foreign[int(generator.integers(0, len(foreign)))]
    return b"".join(parts)


def entry(data, other, generator):
    """Something in the first directory of a TIFF; in other files, any number."""
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return number(data, other, generator)
    order = "<" if data[:1] == b"I" else ">"
    (begin,) = struct.unpack_from(f"{order}L", data, 4)
    if begin + 2 > len(data):
        return number(data, other, generator)
    (count,) = struct.unpack_from(f"{order}H", data, begin)
    at = begin + 2 + 12 * int(generator.integers(0, max(1, count))) + int(generator.choice((0, 2, 4, 8)))
    return _edge(data, min(at, len(data) - 1), generator)


MUTATIONS = (
    flip_bits, scatter, cut_end, cut_out, repeat, splice, insert, number, header, relabel, pieces, entry,
)  # fmt: skip


def mutated(data, other, generator):
    """One to three mutations; the checksums of a PNG are put right half of the time, or nothing is read."""
    for _ in range(int(generator.integers(1, 4))):
        if len(data) < 8:
            break
        data = MUTATIONS[int(generator.integers(0, len(MUTATIONS)))](data, other, generator)
    return with_checksums(data) if generator.random() < 0.7 else data


def with_checksums(data):
    """A PNG whose chunks all have the right checksum; other files as they are."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    repaired, at = bytearray(data), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", repaired, end, zlib.crc32(repaired[at + 4 : end]))
        at = end + 4
    return bytes(repaired)


def _stretch(data, generator):
    begin = int(generator.integers(0, len(data)))
    return begin, min(len(data), begin + 1 + int(generator.exponential(20)))


def _edge(data, at, generator):
    value = EDGES[int(generator.integers(0, len(EDGES)))]
    form, limit = ((">I", 2**32), ("<I", 2**32), (">H", 2**16), ("<H", 2**16), ("B", 2**8))[
        int(generator.integers(0, 5))
    ]
    packed = struct.pack(form, value % limit)
    return data[:at] + packed + data[at + len(packed) :]


def _parts(data):
    """A file in its natural pieces, as far as they can be told; the first one holds the magic number."""
    if data.startswith(b"\x89PNG"):
        return _lengths(data, 8, lambda at: 12 + struct.unpack_from(">I", data, at)[0])
    if data[:4] == b"RIFF":
        return _lengths(data, 12, lambda at: 8 + (struct.unpack_from("<I", data, at + 4)[0] + 1) // 2 * 2)
    if data[:2] == b"\xff\xd8":
        return _lengths(data, 2, lambda at: 2 + struct.unpack_from(">H", data, at + 2)[0])
    if data[:2] in (b"II", b"MM"):
        return [data[at : at + 12] for at in range(0, len(data), 12)]
    return [data[at : at + 16] for at in range(0, len(data), 16)]


def _lengths(data, begin, length):
    parts, at = [data[:begin]], begin
    while at + 8 <= len(data) and len(parts) < 50:
        end = at + length(at)
        parts.append(data[at:end])
        at = end
    return [*parts, data[at:]]
