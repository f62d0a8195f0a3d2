"""Links to what a page makes of a picture, a model and perhaps an attack.

The page's own names begin with its prefix; the rest is the link of the attack.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from advlab.core.request import AttackRequest
from advlab.serving.exports import links
from advlab.serving.exports.params import Params, shown
from advlab.serving.exports.reading import OWN, UPLOAD, Link

__all__ = ["UPLOAD", "OwnLink", "compose", "finish", "split", "url"]


@dataclass(frozen=True)
class OwnLink:
    """What a link says.

    Attributes:
        values: for the page's request, only what the link gives and what is possible.
        word: a choice of the page's own that is in no request; the page knows the words.
        beside: a second model.
        attack: what is said of an attack, of the picture and of the model.
        problems: sentences about what was left out, and why.
    """

    values: dict[str, object] = field(default_factory=dict)
    word: str | None = None
    beside: str | None = None
    attack: Link = field(default_factory=Link)
    problems: tuple[str, ...] = ()

    @property
    def present(self) -> bool:
        """Whether there is anything of ours in it."""
        return self.attack.present or bool(self.values) or self.word is not None


def compose(
    prefix: str,
    own: Mapping[str, str],
    *,
    picture: str,
    model: str,
    attack: AttackRequest | None,
    beside: str | None,
) -> dict[str, str]:
    """The parameters of a link; nobody's own picture or weights are ever in one."""
    image = picture if picture.startswith("sample:") else UPLOAD
    values = {"v": links.VERSION, "image": image} if attack is None else links.query(attack)
    values["model"] = OWN if model.startswith(f"{OWN}:") else model
    values |= {prefix + name: value for name, value in own.items()}
    if beside and not beside.startswith(f"{OWN}:"):
        values[prefix + "with"] = beside
    return values


def split(prefix: str, params: Mapping[str, object]) -> tuple[Params, Link]:
    """The page's own parameters, and what is said of the attack."""
    own = {name.removeprefix(prefix): value for name, value in params.items() if name.startswith(prefix)}
    rest = {name: value for name, value in params.items() if not name.startswith(prefix)}
    return Params(own), links.parse(rest)


def finish(prefix: str, reading: Params, attack: Link, *, word: str, thing: str) -> OwnLink:
    """What was read; `word` is the name of the page's own choice, `thing` what sentences call the whole."""
    chosen, beside = reading.take(word), reading.take("with")
    for name in list(reading.left):
        reading.problem(f"{thing} has no “{shown(prefix + name)}”; it is left out.")
    return OwnLink(reading.values, chosen, beside, attack, tuple(reading.sentences()))


def url(base: str, values: Mapping[str, str]) -> str:
    """The whole link: `base` is the page's address."""
    return f"{base}?{urlencode(values, safe=':')}"
