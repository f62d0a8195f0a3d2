"""Pictures that people brought, kept as their files.

Pixels take 4 bytes each, 48 MB for a phone's photo and 160 MB for the largest that is read; thirty
people's are gigabytes. Their files take a tenth. To shrink the pixels would change what models see, so
files are kept, pixels are decoded when they are needed, and those needed last are remembered.
"""

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from PIL import Image

from advlab.core.request import AttackRequest
from advlab.data import pictures

MOST_REMEMBERED = 128_000_000  # pixels of all remembered pictures together: half a gigabyte


class Memory:
    """The pictures that were looked at last, up to a number of pixels; the very last one always."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pictures: OrderedDict[str, Image.Image] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Image.Image | None:
        """The picture of this digest, if it is remembered."""
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
            return self._pictures.get(key)

    def put(self, key: str, picture: Image.Image) -> None:
        """Remember a picture, and forget those that were not asked for the longest."""
        with self._lock:
            self._pictures[key] = picture
            self._pictures.move_to_end(key)
            while len(self._pictures) > 1 and self.pixels > self._most:
                self._pictures.popitem(last=False)

    @property
    def pixels(self) -> int:
        """Of all pictures together."""
        return sum(picture.width * picture.height for picture in self._pictures.values())


_memory = Memory(MOST_REMEMBERED)


@dataclass(frozen=True)
class Upload:
    """A picture that somebody brought.

    Attributes:
        name: the file's.
        digest: names the pixels, see `pictures.digest`.
        request: of the run it came from, where it is a PNG of ours; see `pictures.recognise`.
        remarks: sentences on what was done to an unusual file.
        data: the file.
    """

    name: str
    digest: str
    request: AttackRequest | None
    remarks: tuple[str, ...]
    data: bytes = field(repr=False)

    @property
    def image(self) -> Image.Image:
        """Its pixels; shared, so nobody may change them."""
        picture = _memory.get(self.digest)
        if picture is None:
            picture = pictures.read(self.data, self.name)
            _memory.put(self.digest, picture)
        return picture


def take(data: bytes, name: str) -> Upload:
    """Look at a file that somebody brought.

    Raises:
        InputError: it cannot be read; with a sentence for people.
    """
    picture = pictures.read(data, name)
    upload = Upload(name, pictures.digest(picture), pictures.recognise(data), _remarks(data), data)
    _memory.put(upload.digest, picture)
    return upload


def _remarks(data: bytes) -> tuple[str, ...]:
    """What people may wonder about, from the header of a file that has been read already."""
    said = []
    with Image.open(io.BytesIO(data), formats=pictures.FORMATS) as header:
        if header.mode.startswith(("I", "F")):
            said.append("Its depth was reduced to 8 bits.")
        if "A" in header.getbands() or "transparency" in header.info:
            said.append("What was transparent is white.")
    return tuple(said)
