"""Networks against threats that nobody trained them for, on a page's pictures."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from advlab import models
from advlab.analysis.ticking import Tick
from advlab.core.norms import Norm
from advlab.evaluation.running import Running
from advlab.evaluation.testset import TestSet
from advlab.evaluation.unforeseen import CLEAN, CORRUPTIONS, THREATS, TITLES, Line, Radii, unforeseen
from advlab.serving.defend import sets
from advlab.serving.defend.request import ThreatsRequest
from advlab.serving.defend.sets import Brought
from advlab.serving.stopping import last_of


@dataclass(frozen=True)
class Threats:
    """What was counted so far.

    Attributes:
        request: what was asked for.
        data: the pictures.
        lines: of each network that was begun, by its name.
        done: the share of everything that is done.
    """

    request: ThreatsRequest
    data: TestSet
    lines: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    done: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether nobody stopped it."""
        return all(map(self._met_all, self.request.names))

    @property
    def titles(self) -> tuple[str, ...]:
        """What people call the networks, in the table's order."""
        return tuple(models.card(name).title for name in self.request.names)

    @property
    def now(self) -> str:
        """The network that is under way."""
        return self.titles[max(0, len(self.lines) - 1)]

    def _met_all(self, name: str) -> bool:
        lines = self.lines.get(name, ())
        return len(lines) == len(THREATS) and all(line.complete for line in lines)

    def line(self, name: str, threat: str) -> Line | None:
        """What a network withstands of a threat, as soon as it is known."""
        return next((line for line in self.lines.get(name, ()) if line.threat == threat), None)

    @property
    def sentence(self) -> str:
        """What it comes to: the surest network under the attack that it withstands best, and where it is worst.

        Of networks that met all threats.
        """
        known = {
            name: [line for line in lines if line.threat != CLEAN]
            for name, lines in self.lines.items()
            if self._met_all(name)
        }
        attacked = [
            (name, line)
            for name, lines in known.items()
            for line in lines
            if line.threat != CORRUPTIONS  # nobody searches the worst of these
        ]
        if not attacked:
            return "Nothing is decided yet: no network has met all threats."
        name, strong = max(attacked, key=lambda one: one[1].share)
        weak, title = min(known[name], key=lambda line: line.share), models.card(name).title
        if strong.share < 0.5:
            who = title if len(known) == 1 else f"The surest of {len(known)} networks"
            return f"{who} is right on no more than {strong.share:.0%} under any of these attacks."
        if strong.interval[0] <= weak.interval[1]:
            return (
                f"{title} is right on {strong.share:.0%} {_under(strong.threat)} and on {weak.share:.0%} "
                f"{_under(weak.threat)}: {len(self.data)} pictures do not tell these apart."
            )
        return (
            f"{title} is right on {strong.share:.0%} {_under(strong.threat)}, but on {weak.share:.0%} "
            f"{_under(weak.threat)}: a defense against one threat says little about another."
        )


def _under(threat: str) -> str:
    """A threat at the end of a sentence on how often a network is right."""
    return f"under {TITLES[threat]}" if threat in set(Norm) else TITLES[threat]


def compare(
    request: ThreatsRequest,
    brought: Brought | None,
    show: Callable[[Threats], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Threats | None:
    """Network after network, threat after threat; what is there when somebody stops it.

    Args:
        request: the question.
        brought: the visitor's pictures; None: drawings.
        show: called with what is known, again and again.
        should_stop: asked often.

    Raises:
        AdvlabError: a sentence.
    """

    def work(tick: Tick) -> Iterator[Threats]:
        data, _ = sets.chosen(models.load(request.model), request.count, brought)
        found = Threats(request, data)

        def tell(done: float) -> None:
            nonlocal found
            show(found := replace(found, done=done))

        whole = Running(progress=tell, should_stop=should_stop)
        for number, name in enumerate(request.names):
            tick()
            found = replace(found, lines={**found.lines, name: ()})
            for line in unforeseen(
                models.load(name), data, Radii(request.linf, request.l2, request.l1), steps=request.steps,
                seed=request.seed,
                running=replace(whole, progress=whole.within(slice(number, number + 1), len(request.names))),
            ):  # fmt: skip
                yield (found := replace(found, lines={**found.lines, name: (*found.lines[name], line)}))
                tick()

    return last_of(work, show, should_stop)
