"""Reading a link: whatever is possible is used, and a sentence says what was not. It never fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from advlab import attacks, models
from advlab.core.attack import Attack, Objective
from advlab.core.norms import Norm
from advlab.core.parameters import choices
from advlab.core.request import Value
from advlab.core.service import Service
from advlab.data.samples import SAMPLES
from advlab.data.samples import known as samples_known
from advlab.errors import AdvlabError, ParameterError
from advlab.serving import crafting
from advlab.serving.exports import configured, numbers
from advlab.serving.exports.params import LARGEST, Params, near, shown

VERSION = "1"
# What a link says in place of a picture, and of weights, that somebody brought.
UPLOAD, OWN = "upload", "own"
# What a link may hold besides the attack's own parameters; no attack may have a parameter of these names.
NAMES = (
    "v", "image", "model", "attack", "norm", "eps", "goal", "target",
    "seed", "early", "queries", "truth", "service", "view", "with", "run", "through",
)  # fmt: skip

Labels = Callable[[str | None], Sequence[str]]


@dataclass(frozen=True)
class Link:
    """What a link says.

    Attributes:
        values: for `AttackRequest`, only what the link gives and what is possible.
        run: whether to start at once.
        present: whether there is anything of ours in it at all.
        view: which view of the result; the page knows them.
        compare: a second model to try the picture on.
        private_image, private_model: it was made with an upload or own weights, which are never in a link.
        problems: sentences about what was left out, and why.
    """

    values: dict[str, object] = field(default_factory=dict)
    run: bool = False
    present: bool = False
    view: str | None = None
    compare: str | None = None
    private_image: bool = False
    private_model: bool = False
    problems: tuple[str, ...] = ()


def class_names(model: str | None) -> Sequence[str]:
    """The classes of a model of the catalogue; none for an unnamed one."""
    return () if model is None else models.card(model).labels()


def parse(params: Mapping[str, object], labels: Labels = class_names) -> Link:
    """Read the parameters of a link.

    Args:
        params: names and texts; anything else is named as a problem.
        labels: gives the classes of a model (None where the link names none), for goals given by name.
    """
    reading = Params(params)
    if not any(name in NAMES for name in reading.left):
        return Link()
    version = reading.take("v")
    if version not in (None, VERSION):
        reading.problem(f"This link is of version {version}, and version {VERSION} is known here: some may be missing.")
    private_image, private_model = _picture(reading), _model(reading)
    kind = _attack(reading)
    _threat(reading, kind)
    _through(reading, kind)
    _goal(reading, labels)
    _budget(reading)
    compare, view, run = _compare(reading), reading.take("view"), reading.switch("run")
    _parameters(reading, kind)
    return Link(
        reading.values, bool(run), True, view, compare, private_image, private_model, tuple(reading.sentences())
    )


def _picture(reading: Params) -> bool:
    """Put the picture into the values; whether it is a private one instead."""
    text = reading.take("image")
    if text is None or text == UPLOAD:
        return text == UPLOAD
    name = text.removeprefix("sample:")
    if text != name and name in SAMPLES:
        reading.values["picture"] = text
    else:
        close = near(name, list(SAMPLES))
        reading.problem(f"There is no picture “{shown(text)}”; there are: {samples_known('sample:')}.{close}")
    return False


def _model(reading: Params) -> bool:
    """Put the model into the values; whether it is a private one instead."""
    text = reading.take("model")
    if text is None or text == OWN:
        return text == OWN
    if _known(reading, text, "model"):
        reading.values["model"] = text
    return False


def _compare(reading: Params) -> str | None:
    text = reading.take("with")
    if text == OWN:
        reading.problem("The second model was its maker's own, which is never in a link.")
    return text if text not in (None, OWN) and _known(reading, text, "second model") else None


def _through(reading: Params, kind: type[Attack] | None) -> None:
    """The models that the picture is made on: all of them, or the attack would be another one."""
    text = reading.take("through", longest=1000)
    names = () if text is None else tuple(name.strip() for name in text.split(","))
    reason = crafting.unsuited(kind) if names and kind is not None else None
    if reason is not None:
        reading.problem(f"{reason}: the models that the picture is made on are left out.")
    elif names and all(_known(reading, name, "model that the picture is made on") for name in names):
        reading.values["sources"] = names


def _known(reading: Params, name: str, what: str) -> bool:
    """Whether there is such a model; of somebody's own weights no link may know."""
    try:
        if name.startswith(f"{OWN}:"):
            raise ParameterError(f"There is no model “{shown(name)}”.")
        models.card(name)
    except AdvlabError as error:
        reading.problem(f"{error} The {what} is left out.")
        return False
    return True


def _attack(reading: Params) -> type[Attack] | None:
    text = reading.take("attack")
    if text is None:
        return None
    kind = attacks.general().get(text)
    if kind is None:
        known = list(attacks.general())
        reading.problem(
            f"There is no attack “{shown(text)}”.{near(text, known)} There are: {', '.join(known)}. "
            "Its parameters are left out with it."
        )
        for name in [name for name in reading.left if name not in NAMES]:
            del reading.left[name]
        return None
    reading.values["attack"] = kind.name
    return kind


def _threat(reading: Params, kind: type[Attack] | None) -> None:
    norm, text = reading.take("norm"), reading.take("eps")
    usable = list(kind.norms) if kind else list(Norm)
    if norm is not None and norm not in usable:
        words = "has no norm" if kind else "is no norm"
        subject = f"{kind.title} {words} “{shown(norm)}”" if kind else f"“{shown(norm)}” {words}"
        reading.problem(f"{subject}; usable: {', '.join(usable)}. ε is left out with it.")
        return
    if norm is not None:
        reading.values["norm"] = Norm(norm)
    if text is None:
        return
    chosen = Norm(norm) if norm else usable[0]
    if text == "none":
        if kind is not None and kind.objective is Objective.RADIUS:
            reading.problem(f"{kind.title} needs a radius: eps=none is left out.")
        else:
            reading.values["eps"] = None
        return
    eps = numbers.read_255ths(text) if chosen is Norm.LINF else numbers.read(text)
    if eps is None or eps < 0 or (chosen is Norm.LINF and eps > 1):
        what = "a number of 255ths, from 0 to 255" if chosen is Norm.LINF else "a number from 0 on"
        reading.problem(f"eps is {what}, not “{shown(text)}”; it is left out.")
        return
    reading.values["eps"] = float(eps)


def _goal(reading: Params, labels: Labels) -> None:
    goal, target, truth = reading.take("goal"), reading.take("target"), reading.take("truth")
    if goal not in (None, "untargeted", "targeted"):
        reading.problem(f"goal is “untargeted” or “targeted”, not “{shown(goal)}”; it is left out.")
        goal = None
    if goal == "untargeted":
        reading.values["target"] = None
        if target is not None:
            reading.problem("The link has a target and says untargeted: the target is left out.")
    elif target is not None:
        _class(reading, "target", target, labels)
    elif goal == "targeted":
        reading.problem("The link says targeted and names no target: add target= and the class.")
    if truth == "none":
        reading.values["truth"] = None
    elif truth is not None:
        _class(reading, "truth", truth, labels)


def _class(reading: Params, name: str, text: str, labels: Labels) -> None:
    """A class by its number or its name."""
    model = reading.values.get("model")
    try:
        known = labels(model if isinstance(model, str) else None)
    except AdvlabError as error:
        reading.problem(f"{name} is left out. {error}")
        return
    number = numbers.read(text)
    if isinstance(number, int) and 0 <= number < (len(known) or LARGEST):
        reading.values[name] = number
        return
    lower = [label.lower() for label in known]
    if text.lower() in lower:
        reading.values[name] = lower.index(text.lower())
    elif known:
        reading.problem(f"The model has no class “{shown(text)}”; {name} is left out.{near(text, known)}")
    else:
        reading.problem(f"“{shown(text)}” needs a model that has this class: {name} is left out.")


def _budget(reading: Params) -> None:
    for name, key, least, optional in (("seed", "seed", 0, False), ("queries", "max_queries", 1, True)):
        there, value = reading.whole(name, least, optional=optional)
        if there:
            reading.values[key] = value
    reading.values |= {name: Service(**own) for name, own in configured.take(reading, {"service": Service}).items()}
    early = reading.switch("early")
    if early is not None:
        reading.values["early_stop"] = early


def _parameters(reading: Params, kind: type[Attack] | None) -> None:
    """What is left: the attack's own, each checked by itself, so that one mistake does not cost the others."""
    given: dict[str, object] = {}
    for name in list(reading.left):
        if kind is None or name not in kind.model_fields:
            owner = kind.title if kind else "A link without an attack"
            reading.problem(f"{owner} has no parameter “{shown(name)}”; it is left out.")
            continue
        text = reading.take(name)
        if text is None:
            continue
        value: Value = {"auto": None, "true": True, "false": False}.get(text, numbers.read(text))
        if choices(kind.model_fields[name].annotation):
            value = text
        elif value is None and text != "auto":
            reading.problem(f"{name} is a number, not “{shown(text)}”; it is left out.")
            continue
        try:
            given[name] = getattr(kind.configured({name: value}), name)
        except AdvlabError as error:
            reading.problem(f"{error} It is left out.")
    if kind is None:
        return
    try:
        kind.configured(given)
    except AdvlabError as error:
        reading.problem(f"{error} The attack's parameters are left out.")
        given = {}
    reading.values["parameters"] = given
