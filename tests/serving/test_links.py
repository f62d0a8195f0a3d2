"""Links: all that a request says survives one, and nothing that a stranger puts into one does harm."""

import inspect
import math
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import advlab
from advlab import attacks
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.errors import ModelError
from advlab.serving.exports import links, numbers
from advlab.serving.exports.files import complete
from advlab.serving.exports.reading import NAMES
from tests.serving.requests import CLASSES, MODEL, requests

ISSUE = (
    "/lab?v=1&image=sample:coffee&model=efficientnet_lite0&attack=pgd&norm=linf&eps=2&goal=untargeted"
    "&steps=20&seed=0&run=1"
)
PLAIN = AttackRequest(picture="sample:coffee", model=MODEL, attack="pgd", norm=Norm.LINF, eps=2 / 255)


def parsed(address: str, **more: object) -> links.Link:
    return links.parse(dict(parse_qsl(urlsplit(address).query)), **more)


@given(requests())
def test_a_request_survives_its_link(request_) -> None:
    link = parsed(links.url("/lab", request_))
    assert AttackRequest(**link.values) == request_
    assert (link.run, link.present, link.problems) == (True, True, ())
    assert not link.private_image
    assert not link.private_model
    assert links.note(request_) is None


@given(requests(private=True))
def test_nothing_private_is_in_a_link(request_) -> None:
    address = links.url("/lab", request_, run=False, extra={"with": "own:ffee"})
    assert "0a1b" not in address
    assert "ffee" not in address
    link = parsed(address)
    assert link.private_image
    assert link.private_model
    assert link.problems == ("The second model was its maker's own, which is never in a link.",)
    assert not link.run
    assert AttackRequest(**link.values, picture=request_.picture, model=request_.model) == request_
    assert "never in a link" in (links.note(request_) or "")


def test_the_example_of_the_issue_is_read_and_written() -> None:
    link = parsed(ISSUE)
    assert not link.problems
    assert link.run
    assert AttackRequest(**link.values) == PLAIN.model_copy(update={"parameters": {"steps": 20}})
    written = links.url("/lab", PLAIN)
    assert written.startswith(ISSUE.partition("&steps")[0] + "&steps=20&")
    assert written.endswith("&run=1")


def test_defaults_are_written_since_they_may_change() -> None:
    query = links.query(PLAIN, extra={"view": "change", "with": "efficientnet_lite1"})
    assert query["step_size"] == "auto"
    assert query["random_start"] == "1"
    link = links.parse(query)
    assert (link.view, link.compare) == ("change", "efficientnet_lite1")
    assert AttackRequest(**link.values) == complete(PLAIN)


@pytest.mark.parametrize("name, kind", attacks.general().items())
def test_no_parameter_of_an_attack_collides(name, kind) -> None:
    assert not set(kind.model_fields) & {*NAMES, "embed", "embed_options"}
    assert not set(kind.model_fields) & set(inspect.signature(advlab.attack).parameters)


@given(st.floats(0, 1))
@example(0.1 / 255)
@example(5e-324)
def test_255ths_are_exact(value: float) -> None:
    assert numbers.read_255ths(numbers.write_255ths(value)) == value
    above, _, below = numbers.fraction(value).partition("/")
    assert float(above) / float(below or 1) == value


@pytest.mark.parametrize("n", [1, 2, 4, 8, 0.5, 0.1, 2.5, 16])
def test_usual_radii_look_as_people_write_them(n: float) -> None:
    assert numbers.write_255ths(n / 255) == f"{n:g}"
    assert numbers.fraction(n / 255) == f"{n:g}/255"


def test_a_class_may_be_named() -> None:
    named = parsed(f"/lab?model={MODEL}&goal=targeted&target=Sports Car&truth=espresso")
    assert named.values["target"] == 817
    assert named.values["truth"] == 967
    own = parsed("/lab?model=own&goal=targeted&target=b", labels=lambda model: ("a", "b"))
    assert own.values["target"] == 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"attack": "pdg"}, "Did you mean “pgd”"),
        ({"attack": "cw", "norm": "linf"}, "has no norm “linf”"),
        ({"norm": "l3"}, "is no norm"),
        ({"norm": "linf", "eps": "much"}, "eps is a number of 255ths, from 0 to 255, not “much”"),
        ({"norm": "linf", "eps": "256"}, "from 0 to 255"),
        ({"norm": "l2", "eps": "-1"}, "eps is a number from 0 on"),
        ({"norm": "l2", "eps": "nan"}, "eps is a number"),
        ({"norm": "l2", "eps": "1e999"}, "eps is a number"),
        ({"attack": "pgd", "eps": "none"}, "needs a radius"),
        ({"attack": "pgd", "steps": "0"}, "must be at least 1, not 0"),
        ({"attack": "pgd", "steps": "2.5"}, "whole number"),
        ({"attack": "pgd", "steps": "auto"}, "steps"),
        ({"attack": "pgd", "share": "0.1"}, "has no parameter “share”"),
        ({"v": "1", "steps": "3"}, "without an attack has no parameter “steps”"),
        ({"v": "2"}, "version 2"),
        ({"image": "sample:dog"}, "there are: sample:coffee"),
        ({"image": "upload:0a1b"}, "There is no picture"),
        ({"model": "efficientnet_lit0"}, "Did you mean “efficientnet_lite0”"),
        ({"with": "nothing like it"}, "The second model is left out"),
        ({"with": "own"}, "never in a link"),
        ({"with": "own:ffee"}, "There is no model"),
        ({"model": "own:ffee"}, "There is no model"),
        ({"model": "timm:no_such_network"}, "no_such_network"),
        ({"goal": "win"}, "goal is “untargeted” or “targeted”"),
        ({"goal": "targeted"}, "names no target"),
        ({"goal": "untargeted", "target": "3"}, "the target is left out"),
        ({"model": MODEL, "target": "sport car"}, "Did you mean “sports car”"),
        ({"model": MODEL, "target": "1000"}, "no class “1000”"),
        ({"target": "gibbon"}, "needs a model"),
        ({"seed": "-1"}, "seed is a whole number"),
        ({"seed": str(2**63)}, "seed is a whole number"),
        ({"queries": "0"}, "queries is a whole number from 1"),
        ({"early": "yes"}, "early is 1 or 0"),
        ({"run": "2"}, "run is 1 or 0"),
        ({"attack": ["pgd"]}, "too long or no text"),
        ({"attack": "x" * 10_000}, "too long or no text"),
    ],
)
def test_what_is_impossible_is_said_and_the_rest_is_used(query: dict[str, object], words: str) -> None:
    link = links.parse({"queries": "7"} | query)
    assert words in " ".join(link.problems)
    assert len(link.problems) == 1
    if "queries" not in query:
        assert link.values["max_queries"] == 7


def test_one_mistake_does_not_cost_the_other_parameters() -> None:
    link = links.parse({"attack": "pgd", "steps": "7", "step_size": "0", "random_start": "0", "eps": "3"})
    assert link.values["parameters"] == {"steps": 7, "random_start": False}
    assert link.values["eps"] == 3 / 255
    assert len(link.problems) == 1


def test_a_link_of_others_is_none_of_ours() -> None:
    assert links.parse({}) == links.Link()
    assert links.parse({"utm_source": "mail", "embed": "true"}) == links.Link()
    assert links.parse({"embed": "true", "run": "1"}).problems == ()


def test_labels_that_cannot_be_had_are_a_problem_not_an_error() -> None:
    def missing(model):
        raise ModelError("The weights are not here.")

    link = links.parse({"model": MODEL, "target": "3"}, missing)
    assert link.problems == ("target is left out. The weights are not here.",)


NASTY = st.sampled_from(
    [
        "9" * 10_000, "9" * 90, "NaN", "inf", "-inf", "1e308", "1e-999", "٣", "１", "0x10", "1_000", "", " ", "\0",
        "<script>alert(1)</script>", "\ud800", "‮", "none", "auto", "true", "-0", "+1", "1.", ".5", "1e3",
        None, [], ["1", "2"], 3, math.nan, b"1", {"a": 1},
    ]
)  # fmt: skip
FIELDS = sorted({field for kind in attacks.general().values() for field in kind.model_fields})
KEYS = st.sampled_from([*NAMES, *FIELDS]) | st.text(max_size=60)


@given(st.dictionaries(KEYS, NASTY | st.text(max_size=120) | st.integers(-9, 9).map(str), max_size=20), st.data())
def test_anything_can_be_read(params, data) -> None:
    if data.draw(st.booleans()):
        params["attack"] = data.draw(st.sampled_from(list(attacks.general())))
    link = links.parse(params, lambda model: [f"class {i}" for i in range(CLASSES)] if model else [])
    assert len(link.problems) <= 7
    for sentence in link.problems:
        assert sentence[-1] in ".?"
        assert len(sentence) < 700
        assert sentence.isprintable()
    filled = {"picture": "sample:cat", "model": MODEL, "attack": "pgd", "norm": Norm.L2, "eps": 1.0} | link.values
    request = AttackRequest.checked(**filled)
    attacks.registry.get(request.attack).configured(request.parameters)
    if "attack" in link.values:
        links.query(request)
