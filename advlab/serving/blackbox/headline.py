"""What a race comes to, in one sentence."""

from collections.abc import Sequence

from advlab.serving.compare.entry import Entry
from advlab.serving.compare.headline import listed, nothing
from advlab.serving.figures.races import Line, money
from advlab.serving.outcome import size


def headline(entries: Sequence[Entry], lines: Sequence[Line], price: float) -> str:
    """The sentence: who leads with how small a change, and what that took."""
    request = entries[0].request
    there = [line for line in lines if line.points]
    ended = all(entry.word for entry in entries)
    if not there:
        already = next((e for e in entries if e.outcome is not None and "ALREADY" in e.outcome.verdict), None)
        if already is not None:
            return already.sentence
        asked = max(line.asked for line in lines)
        if not asked:
            return nothing([entry.problem for entry in entries])
        return f"Nobody {'got' if ended else 'has got'} there {'with' if ended else 'yet, after'} {asked:,} questions."
    best = min(there, key=lambda line: line.points[-1][1])
    norm, (_, least) = request.norm, best.points[-1]
    cost = f", for {money(best.asked, price)}" if price else ""
    lead = f"{best.title} {'ends' if ended else 'leads'} with {norm.symbol}\u00a0{size(norm, least)}"
    said = f"{lead} after {best.asked:,} questions{cost}"
    missing = [line.title for line in lines if not line.points]
    if ended and missing:
        said += f"; {listed(missing)} found nothing within {request.limit}"
    return f"{said}."
