"""Parameters: limits are kept, errors name the field, and everything survives JSON."""

import math
import re
from typing import ClassVar

import pytest
import torch
from pydantic import ValidationError

import advlab
from advlab import attacks
from advlab.core import norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, param
from advlab.core.norms import Norm
from advlab.core.parameters import choices
from advlab.errors import AdvlabError, ParameterError, ThreatError
from tests.cases import CASES, Case
from tests.networks import conv, pictures, wrap

SIZE = (3, 6, 5)
ATTACKS = list(advlab.attacks.available().items())
FIELDS = [(name, field) for name, kind in ATTACKS for field in kind.model_fields]
attack_kinds = pytest.mark.parametrize("name, kind", ATTACKS, ids=[name for name, _ in ATTACKS])


def limits(info):
    """The bounds of a field: `{"ge": 1, "le": 20}`."""
    return {
        key: getattr(bound, key)
        for bound in info.metadata
        for key in ("ge", "gt", "le", "lt")
        if getattr(bound, key, None) is not None
    }


def impossible():
    """For each bound of each field the nearest value on its wrong side, and values of a wrong kind."""
    for name, field in FIELDS:
        info = advlab.attacks.available()[name].model_fields[field]
        whole = info.annotation is int
        for key, bound in limits(info).items():
            if key in ("ge", "le"):
                toward = math.inf if key == "le" else -math.inf
                value = bound + (1 if key == "le" else -1) if whole else math.nextafter(bound, toward)
            else:
                value = bound
            yield pytest.param(name, field, value, id=f"{name}-{field}-{key}")
        yield pytest.param(name, field, "much", id=f"{name}-{field}-word")
        if whole:
            yield pytest.param(name, field, 1.5, id=f"{name}-{field}-fraction")
        if float in (info.annotation, *getattr(info.annotation, "__args__", ())):
            yield pytest.param(name, field, math.nan, id=f"{name}-{field}-nan")


@pytest.mark.parametrize("name, field, value", list(impossible()))
def test_impossible_values_name_the_field(name, field, value):
    kind = advlab.attacks.available()[name]
    with pytest.raises(ParameterError) as caught:
        kind.configured({field: value})
    sentence = str(caught.value)
    assert field in sentence
    assert kind.title in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name, field", FIELDS)
def test_every_parameter_is_described_and_bounded(name, field):
    info = advlab.attacks.available()[name].model_fields[field]
    assert info.title
    assert info.description
    assert info.description.endswith(".")
    assert not info.is_required()
    if info.annotation is not bool:
        assert limits(info) or choices(info.annotation), "a number without limits"


@pytest.mark.parametrize("name, field", FIELDS)
def test_limits_themselves_are_usable(name, field):
    kind = advlab.attacks.available()[name]
    for key, bound in limits(kind.model_fields[field]).items():
        if key in ("ge", "le"):
            assert getattr(kind.configured({field: bound}), field) == bound


@pytest.mark.parametrize("name, field", FIELDS)
def test_the_usual_range_is_valid(name, field):
    """What a widget offers can be chosen."""
    kind = advlab.attacks.available()[name]
    widget = (kind.model_fields[field].json_schema_extra or {}).get("widget")
    for value in () if widget is None else (widget.low, widget.high, widget.initial):
        if value is not None:
            kind.configured({field: value})
            assert widget.low <= value <= widget.high


@attack_kinds
def test_parameters_survive_json(name, kind):
    changed = {
        field: value
        for field, value in {"steps": 3, "step_size": 0.125, "random_start": False, "confidence": 1.5}.items()
        if field in kind.model_fields
    }
    for configured in (kind(), kind.configured(changed)):
        again = kind.model_validate_json(configured.model_dump_json())
        assert again == configured
        assert type(again) is kind
        assert hash(again) == hash(configured)


@attack_kinds
def test_parameters_are_frozen(name, kind):
    for field in kind.model_fields:
        with pytest.raises(ValidationError):
            setattr(kind(), field, 1)


@attack_kinds
def test_documentation(name, kind):
    """A first line that says what, and where it comes from."""
    text = kind.__doc__ or ""
    assert text.splitlines()[0].endswith((".", ":"))
    assert re.search(r"Reference: .*\b(19|20)\d\d\b", text, re.DOTALL), "no reference with a year"
    assert kind.name == name
    assert re.fullmatch(r"[a-z0-9_]+", name)
    assert kind.title
    assert kind.norms
    assert len(set(kind.norms)) == len(kind.norms)


@attack_kinds
def test_unknown_parameter(name, kind):
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(1, SIZE)
    with pytest.raises(ParameterError, match="stepz") as caught:
        advlab.attack(classifier, x, name, eps=0.1, stepz=3)
    for field in kind.model_fields:
        assert field in str(caught.value), "the sentence lists what there is"


@attack_kinds
def test_wrong_norms(name, kind):
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(1, SIZE)
    for norm in Norm:
        if norm not in kind.norms:
            with pytest.raises(ThreatError, match=norm.symbol):
                advlab.attack(classifier, x, name, norm=norm, eps=0.1)
    with pytest.raises(ParameterError, match="linf, l2, l1, l0"):
        advlab.attack(classifier, x, name, norm="l7", eps=0.1)


@attack_kinds
def test_radius(name, kind):
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(2, SIZE)
    if kind.objective is Objective.RADIUS:
        with pytest.raises(ThreatError, match="eps"):
            advlab.attack(classifier, x, name)
    for eps in (-0.1, math.nan, math.inf, torch.tensor([0.1, -1.0]), torch.ones(3) / 9, torch.ones(2, 2) / 9):
        with pytest.raises(ParameterError, match="eps"):
            advlab.attack(classifier, x, name, eps=eps)


@pytest.mark.parametrize("name", [case.name for case in CASES if case.norm == "linf" and not case.targeted])
def test_grey_levels_given_as_a_radius_are_refused(name):
    """eps=8 in L∞ is meant as 8/255; read as it stands, everything would be fooled."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(1, SIZE)
    with pytest.raises(ParameterError, match=re.escape("8/255")):
        advlab.attack(classifier, x, name, norm="linf", eps=8)


def test_unknown_attack_suggests_the_nearest():
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(1, SIZE)
    with pytest.raises(ParameterError, match="Did you mean “pgd”"):
        advlab.attack(classifier, x, "pgdd", eps=0.1)


def test_a_configured_attack_takes_no_further_parameters():
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(1, SIZE)
    configured = advlab.attacks.available()["pgd"].configured({"steps": 2})
    assert advlab.attack(classifier, x, configured, eps=0.1).queries.max() <= 3
    with pytest.raises(ParameterError):
        advlab.attack(classifier, x, configured, eps=0.1, steps=3)


class Grey(StepwiseAttack):
    """Moves towards grey as far as the radius lets it.

    Reference: nobody, 2000.
    """

    name: ClassVar[str] = "grey_dummy"
    title: ClassVar[str] = "Grey"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(2, "Steps", "Steps.", ge=1, le=5)

    def init(self, o):
        return State(step=o.rows * 0)

    def step(self, o, s):
        share = norms.per_image((s.step + 1).to(o.x.dtype) / self.steps, o.x)
        o.logits(norms.project(o.x + share * (0.5 - o.x), o.x, o.norm, o.eps))
        return State(step=s.step + 1)

    def done(self, s):
        return s.step >= self.steps

    def cost(self, budget):
        return min(self.steps, budget or self.steps), 0


@pytest.fixture
def dummy():
    attacks.register(Grey)
    yield Grey
    attacks.registry.remove(Grey.name)


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_a_new_attack_is_one_class(dummy, norm):
    """Registered, it is listed and runs by name; the driver does all the rest for it."""
    assert advlab.attacks.available()["grey_dummy"] is dummy
    assert list(advlab.attacks.available()) == sorted(advlab.attacks.available())
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(3, SIZE)
    case = Case("grey_dummy", norm)
    r = case.run(classifier, x, early_stop=False)
    assert case.parameters == {"steps": 5}
    assert r.queries.tolist() == [5, 5, 5]
    assert len(r.trace) == 5
    assert norms.within(r.norms[norm], r.eps).all()
    with pytest.raises(ValueError, match="two"):
        attacks.register(Grey)


def test_the_dummy_is_gone():
    assert "grey_dummy" not in advlab.attacks.available()
    with pytest.raises(AdvlabError):
        attacks.registry.get("grey_dummy")
