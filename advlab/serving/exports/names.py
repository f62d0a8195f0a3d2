"""Names in exports: of files, and of how a result is told apart from the recorded one."""

import re

from advlab.serving.outcome import Outcome


def picture(outcome: Outcome, picture_name: str) -> str:
    """What to open: the sample, or the file name of an uploaded picture, beside the script."""
    if outcome.request.picture.startswith("sample:"):
        return outcome.request.picture
    # Browsers give a bare name; should a path come all the same, only its last part is of use.
    return picture_name.replace("\\", "/").rsplit("/", 1)[-1] or "picture.png"


def stem(outcome: Outcome, picture_name: str) -> str:
    """Names the files of a result: the picture and the attack, in letters that every system takes."""
    name = picture(outcome, picture_name).removeprefix("sample:").rsplit(".", 1)[0]
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name).strip('-')[:40] or 'picture'}-{outcome.request.attack}"
