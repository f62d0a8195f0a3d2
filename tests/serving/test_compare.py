"""Comparisons of attacks: who is chosen, what each is asked, what is said of the results."""

import csv
import io
from dataclasses import replace

import pytest

from advlab import attacks
from advlab.core.attack import Objective
from advlab.core.norms import Norm
from advlab.data.samples import sample
from advlab.errors import AdvlabError, ParameterError
from advlab.serving import lab
from advlab.serving.compare import lineup
from advlab.serving.compare.entry import Entry
from advlab.serving.compare.headline import headline
from advlab.serving.compare.reach import reach
from advlab.serving.compare.request import CompareRequest
from advlab.serving.exports import compared, lineups
from advlab.serving.outcome import Outcome, Verdict

NAMES = ("fgsm", "pgd", "cw", "hopskipjump")
REQUEST = CompareRequest.checked(
    picture="sample:digit-7", model="mnist_standard", norm="l2", eps=2.0, max_queries=60,
    attacks={name: lineup.parameters(attacks.registry.get(name)) for name in NAMES},
)  # fmt: skip


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return lab.run(REQUEST.of("fgsm"), sample("digit-7").image, frames=0)


def entry(outcome: Outcome, name: str, size: float, queries: int, verdict: Verdict = Verdict.FOOLED) -> Entry:
    made = replace(
        outcome, verdict=verdict, norms=outcome.norms | {"l2": size}, queries=queries,
        unrounded_success=verdict.success,
    )  # fmt: skip
    return Entry(name, REQUEST, made)


def test_the_usual_choice_comes_from_every_group() -> None:
    for norm in lineup.norms():
        groups, chosen = lineup.groups(norm), lineup.usual(norm)
        assert 1 <= len(chosen) <= 5
        assert len(set(chosen)) == len(chosen)
        attackers = [names for group, names in groups.items() if not group.baseline]
        assert all(set(chosen) & set(names) for names in attackers[:5])
        for group, names in groups.items():
            for name in names:
                kind = attacks.general()[name]
                assert kind.baseline == group.baseline
                assert group.baseline or (kind.access, kind.objective) == (group.access, group.objective)
                assert norm in kind.norms


def test_who_minimises_is_not_told_the_radius() -> None:
    for name in NAMES:
        minimal = attacks.registry.get(name).objective is Objective.MINIMAL
        asked = REQUEST.of(name)
        assert asked.eps == (None if minimal else 2.0)
        assert asked.early_stop is not minimal
        assert asked.max_queries == 60


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"norm": "linf", "eps": 8}, "write 8/255"),
        ({"eps": 0}, "eps"),
        ({"attacks": {}}, "attacks"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_is_impossible_is_a_sentence(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        CompareRequest.checked(**REQUEST.model_dump() | changes)


def plain(text: str) -> str:
    """With spaces at which a line may break."""
    return text.replace("\u00a0", " ")


def test_the_headline(outcome: Outcome) -> None:
    one, two = entry(outcome, "fgsm", 1.5, 2), entry(outcome, "pgd", 1.0, 9)
    held, far = entry(outcome, "cw", 1.8, 60, Verdict.HELD), entry(outcome, "hopskipjump", 5.0, 60)
    waits, broken = Entry("hopskipjump", REQUEST), Entry("cw", REQUEST, problem="It broke.")
    assert plain(headline([one, two, held, far])) == (
        "Two of four attacks fool it within ε = 2; the smallest change is PGD’s, L2 1, "
        "and nobody needs fewer queries than FGSM."
    )
    assert plain(headline([one, two, waits])).startswith("Both attacks fool it within ε = 2 so far;")
    assert (
        plain(headline([one, held])) == "One of two attacks fools it within ε = 2: FGSM, with L2 1.5 after 2 queries."
    )
    assert plain(headline([held, far])) == "None of two attacks fools it within ε = 2; HopSkipJump needs L2 5."
    assert plain(headline([one])) == "FGSM fools it within ε = 2, with L2 1.5 after 2 queries."
    assert plain(headline([one, replace(one, name="pgd")])) == "Both attacks fool it within ε = 2; both with L2 1.5."
    assert plain(headline([waits, waits])) == "Two attacks are under way."
    assert plain(headline([broken])) == "No attack could be run."
    assert headline([broken, one]) == headline([one])
    already = entry(outcome, "fgsm", 0.0, 0, Verdict.ALREADY_WRONG)
    assert plain(headline([already, waits])) == already.sentence


def test_a_change_beyond_the_radius_is_no_success(outcome: Outcome) -> None:
    far, near = entry(outcome, "cw", 2.01, 9), entry(outcome, "cw", 2.0, 9)
    assert (far.success, far.word, far.kind) == (False, "≫ TOO LARGE", "clean")
    assert "L2 2.01, more than ε = 2" in plain(far.sentence)
    assert (near.success, near.word) == (True, "✕ FOOLED")


def test_those_within_the_radius_that_see_gradients_are_made_on_other_models() -> None:
    asked = REQUEST.model_copy(update={"sources": ("mnist_distilled",)}).check()
    assert [name for name in NAMES if asked.crafts(name)] == ["fgsm", "pgd"]
    assert asked.of("fgsm").sources == ("mnist_distilled",)
    assert not asked.of("fgsm").early_stop
    assert asked.of("cw") == REQUEST.of("cw")
    made = Entry("fgsm", asked, lab.run(asked.of("fgsm"), sample("digit-7").image, frames=0))
    assert made.title == "FGSM by transfer"
    assert made.queries == 1
    assert made.sentence.startswith("Made on")
    assert ",mnist_distilled," in compared.csv([made], {})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sources": ("mnist_standard",)}, "is the model that is attacked"),
        ({"sources": ("signs_standard",)}, "tell different classes apart"),
        ({"sources": ("mnist_pgd",), "attacks": {"cw": {}, "hopskipjump": {}}}, "None of these attacks can be made"),
    ],
)
def test_impossible_sources_are_a_sentence(changes: dict[str, object], said: str) -> None:
    with pytest.raises(AdvlabError, match=said):
        REQUEST.model_copy(update=changes).check()


def test_rounding_is_told(outcome: Outcome) -> None:
    assert entry(outcome, "pgd", 1.0, 9).survives is True
    assert entry(outcome, "pgd", 1.0, 9, Verdict.HELD).survives is None
    lost = entry(outcome, "pgd", 1.0, 9, Verdict.HELD)
    assert replace(lost, outcome=replace(lost.outcome, unrounded_success=True)).survives is False


def test_the_numbers_can_be_taken_along(outcome: Outcome) -> None:
    found = reach(REQUEST, "fgsm", sample("digit-7").image)
    text = compared.csv([Entry("fgsm", REQUEST, outcome), Entry("pgd", REQUEST, problem="It broke.")], {"fgsm": found})
    first, second = csv.DictReader(io.StringIO(text))
    assert float(first["l2"]) == pytest.approx(outcome.norms["l2"], rel=1e-5)
    assert float(first["largest_held"]) < float(first["smallest_radius"]) == pytest.approx(found.radius, rel=1e-5)
    assert (second["attack"], second["note"], second["queries"]) == ("pgd", "It broke.", "")


@pytest.mark.parametrize("norm", lineup.norms())
def test_a_link_holds_every_attack_there_is(norm: Norm) -> None:
    names = [name for members in lineup.groups(norm).values() for name in members]
    chosen = {name: lineup.parameters(attacks.registry.get(name)) for name in names}
    asked = CompareRequest.checked(**REQUEST.model_dump() | {"norm": norm, "eps": 0.5, "attacks": chosen})
    link = lineups.parse(lineups.query(asked))
    assert not link.problems
    assert link.values["attacks"] == chosen


def test_a_link_holds_all_of_it() -> None:
    asked = REQUEST.model_copy(
        update={"target": 3, "seed": 4, "early_stop": False, "truth": 7, "sources": ("mnist_pgd", "mnist_distilled")}
    )
    link = lineups.parse(lineups.query(asked))
    assert not link.problems
    assert not link.attack.problems
    assert CompareRequest.checked(**link.attack.values, **link.values) == asked
    private = lineups.query(asked.model_copy(update={"picture": "upload:0a1b", "model": "own:ffee"}))
    assert (private["image"], private["model"]) == ("upload", "own")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"c.pgd": "steps:0"}, "must be at least 1"),
        ({"c.magic": "on"}, "has no “c.magic”"),
        ({"c.pgd": "wings:1"}, "no parameter"),
    ],
)
def test_what_a_link_cannot_mean_is_said(params: dict[str, str], said: str) -> None:
    (problem,) = lineups.parse(params).problems
    assert said in problem


def test_a_run_without_a_film_is_the_same_run(outcome: Outcome) -> None:
    whole = lab.run(REQUEST.of("fgsm"), sample("digit-7").image)
    assert whole.film.steps
    assert not outcome.film.steps
    assert outcome.png == whole.png
    assert outcome.norms == whole.norms
    assert Norm.L2.value in outcome.norms
