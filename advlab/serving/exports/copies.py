"""The controls of a substitute as parameters of a link."""

from advlab.serving.blackbox.substitute import SubstituteRequest
from advlab.serving.exports import numbers
from advlab.serving.exports.params import Params, shown

_ANSWERS = ("labels", "scores")
# With the least that each may be.
_WHOLE = {"seeds": 1, "rounds": 1, "epochs": 1, "doubling": 0, "most_queries": 1, "seed": 0}


def query(request: SubstituteRequest) -> dict[str, str]:
    """Without prefix, picture and model."""
    own = {name: str(getattr(request, name)) for name in _WHOLE}
    return own | {
        "step": numbers.write(request.step),
        "period": numbers.write(request.period),
        "answers": request.answers,
        "by": ",".join(request.attacks) or "none",
        "eps": numbers.write_255ths(request.eps),
    }


def take(reading: Params) -> None:
    """Put what a link says into the values, for `SubstituteRequest`; what is impossible becomes a sentence."""
    for name, least in _WHOLE.items():
        there, whole = reading.whole(name, least, optional=False)
        if there and whole is not None:
            reading.values[name] = whole
    period = reading.take("period")
    if period is not None:
        reading.values["period"] = None if period == "auto" else 1
    answers, by = reading.take("answers"), reading.take("by", longest=1000)
    if answers in _ANSWERS:
        reading.values["answers"] = answers
    elif answers is not None:
        reading.problem(f"A model answers with labels or scores, not with “{shown(answers)}”; it is left out.")
    if by is not None:
        reading.values["attacks"] = () if by == "none" else tuple(by.split(","))
    for name, read in (("step", numbers.read), ("eps", numbers.read_255ths)):
        text = reading.take(name)
        value = None if text is None else read(text)
        if value is not None and 0 < value <= 1:
            reading.values[name] = float(value)
        elif text is not None:
            reading.problem(f"{name} is a number above 0, not “{shown(text)}”; it is left out.")
