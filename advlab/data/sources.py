"""Pictures by name: a file, or a sample."""

from pathlib import Path

from PIL import Image

from advlab.data import pictures
from advlab.data.samples import known, sample
from advlab.errors import InputError

PREFIX = "sample:"


def open_picture(name: str | Path) -> Image.Image:
    """The picture of this file or of this sample ("sample:coffee"), upright and in RGB, for `prepare`.

    Raises:
        InputError: there is no such file, or it is no picture. ParameterError: there is no such sample.
    """
    if isinstance(name, str) and name.startswith(PREFIX):
        return sample(name.removeprefix(PREFIX)).picture()
    file = Path(name)
    if not file.is_file():
        raise InputError(f"There is no file {file}; give a picture, or one of {known(PREFIX)}.")
    try:
        return pictures.read(file.read_bytes(), file.name)
    except OSError as error:
        raise InputError(f"Cannot read {file}: {error.strerror or error}.") from error
