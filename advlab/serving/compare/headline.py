"""What a comparison comes to, in one sentence."""

from collections.abc import Callable, Sequence

from advlab.serving.compare.entry import Entry
from advlab.serving.outcome import Verdict

_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
# Sizes and counts that differ by less are equal for people.
_EQUAL = 0.01


def headline(entries: Sequence[Entry]) -> str:
    """The sentence, about those that have ended."""
    done = [entry for entry in entries if entry.outcome is not None]
    if not done:
        return nothing([entry.problem for entry in entries])
    already = next((one for one in done if _verdict(one) in (Verdict.ALREADY, Verdict.ALREADY_WRONG)), None)
    if already is not None:
        return already.sentence
    won = [entry for entry in done if entry.success]
    so_far = len(done) + sum(bool(entry.problem) for entry in entries if entry.outcome is None) < len(entries)
    return f"{_count(won, done, so_far=so_far)}{_price(won, done)}."


def nothing(problems: Sequence[str | None]) -> str:
    """What to say before there is a result of any attack, by why there will be none of each."""
    if all(problems):
        return "No attack could be run."
    return f"{word(len(problems)).capitalize()} attacks are under way." if len(problems) > 1 else "It is under way."


def _verdict(entry: Entry) -> Verdict | None:
    return None if entry.outcome is None else entry.outcome.verdict


def _count(won: Sequence[Entry], done: Sequence[Entry], *, so_far: bool) -> str:
    request = done[0].request
    goal = next((one.outcome.goal for one in done if one.outcome is not None), None)
    does = "fool it" if goal is None else f"reach “{goal}”"
    singular = "fools it" if goal is None else f"reaches “{goal}”"
    within = f" within {request.limit}"
    end = " so far" if so_far else ""
    if len(done) == 1:
        return f"{done[0].title} {singular if won else 'does not ' + does}{within}{end}"
    if len(won) == len(done):
        return f"{'Both' if len(done) == 2 else f'All {word(len(done))}'} attacks {does}{within}{end}"
    some = f"{word(len(won)).capitalize()} of {word(len(done))} attacks{end}"
    return f"{some} {does if len(won) > 1 else singular}{within}"


def _price(won: Sequence[Entry], done: Sequence[Entry]) -> str:
    """What it takes: of the only one that succeeds all of it, of several who needs least."""
    if not won:
        return _nearest(done)
    if len(won) > 1:
        more = [part for part in (_smallest(won), _quickest(won)) if part]
        return f"; {', and '.join(more)}" if more else ""
    one = won[0]
    queries = "a single query" if one.queries == 1 else f"{one.queries:,} queries"
    who = "" if len(done) == 1 else f": {one.title}"
    return f"{who}, with {one.amount} after {queries}"


def _nearest(done: Sequence[Entry]) -> str:
    """Who succeeds with more than is allowed, if anybody does."""
    beyond = [entry for entry in done if entry.beyond]
    if not beyond:
        return ""
    one = min(beyond, key=lambda entry: entry.size)
    return f"; {one.title} needs {one.amount}"


def _smallest(won: Sequence[Entry]) -> str:
    best = _best(won, lambda entry: entry.size)
    least = best[0].amount
    if len(best) == len(won):
        return f"each of them with {least}" if len(won) > 2 else f"both with {least}"
    if len(best) == 1:
        return f"the smallest change is {best[0].title}’s, {least}"
    return f"the smallest changes are {least}, by {_names(best)}"


def _quickest(won: Sequence[Entry]) -> str:
    best = _best(won, lambda entry: entry.queries)
    if len(best) == len(won):
        return ""
    return f"nobody needs fewer queries than {_names(best)}"


def _best(won: Sequence[Entry], of: Callable[[Entry], float]) -> list[Entry]:
    least = min(map(of, won))
    return [entry for entry in won if of(entry) <= least * (1 + _EQUAL)]


def _names(entries: Sequence[Entry]) -> str:
    return listed([entry.title for entry in entries])


def listed(titles: Sequence[str]) -> str:
    """Names in a sentence; of more than two the first, and how many others."""
    few = titles if len(titles) <= 2 else (titles[0], f"{word(len(titles) - 1)} others")
    return " and ".join(few)


def word(count: int) -> str:
    """A number in a sentence; zero is none."""
    return _WORDS[count] if count < len(_WORDS) else str(count)
