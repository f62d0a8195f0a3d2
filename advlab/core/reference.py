"""What people read about an attack: taken from its code, so that it cannot say anything else."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from advlab.core.attack import Access, Attack, Objective, initial
from advlab.core.norms import Norm
from advlab.core.parameters import choices

SEES = {Access.GRADIENT: "gradients", Access.SCORES: "scores", Access.LABEL: "the label only"}
SEEKS = {Objective.RADIUS: "success within ε", Objective.MINIMAL: "the smallest change"}
_BASELINE = ", and knows nothing (a baseline)"
_ARXIV = re.compile(r"arXiv (\d{4}\.\d{4,5})")
_LIMITS = (("ge", "from {}"), ("gt", "above {}"), ("le", "to {}"), ("lt", "below {}"))


@dataclass(frozen=True)
class Setting:
    """A parameter in words; `offered` is the value that pages begin with, often quicker than the default."""

    name: str
    title: str
    about: str
    default: str
    offered: str
    limits: str


@dataclass(frozen=True)
class Entry:
    """An attack in words.

    Attributes:
        summary: a sentence.
        details: what more there is to say, paragraphs.
        papers: what it comes from, with departures; arXiv numbers as they stand.
        links: addresses of these papers.
        queries, gradients: the most that a picture costs with the defaults.
    """

    name: str
    title: str
    summary: str
    details: tuple[str, ...]
    papers: str
    links: tuple[str, ...]
    access: Access
    objective: Objective
    norms: tuple[Norm, ...]
    baseline: bool
    settings: tuple[Setting, ...]
    queries: int
    gradients: int

    @property
    def cost(self) -> str:
        """The most that a picture costs with the defaults."""
        queries = _counted(self.queries, "query", "queries")
        return f"{queries}, {_counted(self.gradients, 'gradient', 'gradients')}" if self.gradients else queries


def sees(attack: type[Attack] | Entry) -> str:
    """What the attacker sees; of a baseline also that it is one."""
    return SEES[attack.access] + (_BASELINE if attack.baseline else "")


def short(attack: type[Attack]) -> str:
    """The title without what explains it; of a baseline all of it, so that nobody takes it for an attack."""
    return attack.title if attack.baseline else attack.title.split(" ·")[0]


def linked(text: str) -> str:
    """Text in Markdown whose arXiv numbers are links."""
    return _ARXIV.sub(r"[\g<0>](https://arxiv.org/abs/\g<1>)", text)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def entry(kind: type[Attack]) -> Entry:
    """What there is to read about an attack."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", inspect.getdoc(kind) or "")]
    body, papers = [], ""
    for part in paragraphs[1:]:
        before, mark, after = part.partition("Reference: ")
        body += [before.strip()] if before.strip() else []
        papers += after if mark else ""
    queries, gradients = kind().cost(None)
    return Entry(
        name=kind.name,
        title=kind.title,
        summary=paragraphs[0],
        details=tuple(body),
        papers=papers,
        links=tuple(f"https://arxiv.org/abs/{number}" for number in dict.fromkeys(_ARXIV.findall(papers))),
        access=kind.access,
        objective=kind.objective,
        norms=kind.norms,
        baseline=kind.baseline,
        settings=tuple(_setting(name, field) for name, field in kind.model_fields.items()),
        queries=queries,
        gradients=gradients,
    )


def _setting(name: str, field: FieldInfo) -> Setting:
    words = choices(field.annotation)
    limits = {key: getattr(bound, key, None) for bound in field.metadata for key, _ in _LIMITS if hasattr(bound, key)}
    told = [said.format(_shown(limits[key])) for key, said in _LIMITS if limits.get(key) is not None]
    return Setting(
        name=name,
        title=str(field.title),
        about=str(field.description),
        default=_shown(field.default),
        offered=_shown(initial(field)),
        limits=", ".join(words) if words else "on or off" if field.annotation is bool else " ".join(told),
    )


def _shown(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return "automatic"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else f"{value:g}"


def table(kinds: Mapping[str, type[Attack]]) -> str:
    """All of them as a table in Markdown, with a link to each paper."""
    lines = [
        "| name | attack | sees | norms | looks for | most cost | paper |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, kind in kinds.items():
        about = entry(kind)
        symbols = " ".join(norm.symbol for norm in about.norms)
        papers = " ".join(f"[{link.rpartition('/')[2]}]({link})" for link in about.links)
        summary = about.summary.rstrip(".").replace("|", r"\|")
        cells = f"`{name}`", summary, sees(about), symbols, SEEKS[about.objective], about.cost, papers
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
