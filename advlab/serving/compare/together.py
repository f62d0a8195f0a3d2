"""What a comparison over several pictures comes to, in one sentence.

A picture withstands only if it withstands every attack, so what counts is what the attacks fool together: the
best of them alone, or an average, would flatter the model.
"""

from collections.abc import Sequence

from advlab.serving.compare.headline import listed, nothing, word
from advlab.serving.compare.tally import Tally


def headline(tallies: Sequence[Tally]) -> str:
    """The sentence, about those that have ended."""
    done = [tally for tally in tallies if tally.outcomes]
    if not done:
        return nothing([tally.problem for tally in tallies])
    count = len(done[0].tried)
    if not count:
        return "Every picture is there before any attack: there is nothing to compare."
    so_far = len(done) + sum(bool(one.problem) for one in tallies if not one.outcomes) < len(tallies)
    end = " so far" if so_far else ""
    best = max(done, key=lambda one: len(one.won))
    together, most = len(frozenset().union(*(one.fooled for one in done))), len(best.won)
    goal = next((outcome.goal for outcome in best.outcomes if outcome.goal is not None), None)
    within = f"within {best.request.limit}{end}"
    if not together:
        who = best.title if len(done) == 1 else f"None of {word(len(done))} attacks"
        does = "fools" if len(done) > 1 else "does not fool"
        return f"{who} {_does(does, goal)} any of {count} pictures {_to(goal)}{within}."
    if len(done) == 1:
        return f"{best.title} {_does('fools', goal)} {most} of {count} pictures {_to(goal)}{within}."
    said = f"Together {_does('they fool', goal)} {together} of {count} pictures {_to(goal)}{within}"
    return f"{said}; {_best(best, done, together, goal)}."


def _does(verb: str, goal: str | None) -> str:
    """The same of a target: pictures are brought there, not fooled."""
    return verb if goal is None else verb.replace("fool", "bring")


def _to(goal: str | None) -> str:
    return "" if goal is None else f"to “{goal}” "


def _best(best: Tally, done: Sequence[Tally], together: int, goal: str | None) -> str:
    """Who fools most by itself, and how many."""
    equal = [tally.title for tally in done if len(tally.won) == len(best.won)]
    if len(equal) == len(done):
        who = f"each of them {_does('fools', goal)}"
    elif len(equal) > 1:
        who = f"{listed(equal)} each {_does('fool', goal)}"
    else:
        who = f"{best.title} alone {_does('fools', goal)}"
    return f"{who} {'as many' if len(best.won) == together else len(best.won)}"
