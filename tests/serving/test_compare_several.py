"""Comparisons of attacks over several pictures: one batch, what each picture comes to, and what all of it does."""

import csv
import io
from dataclasses import replace

import pytest

from advlab import attacks, models
from advlab.core.norms import Norm
from advlab.data.samples import SAMPLES, sample
from advlab.serving import lab
from advlab.serving.compare import lineup, subjects
from advlab.serving.compare.request import CompareRequest
from advlab.serving.compare.tally import Tally
from advlab.serving.compare.together import headline
from advlab.serving.exports import compared, lineups
from advlab.serving.outcome import Outcome, Verdict

NAMES = ("fgsm", "pgd", "cw")
REQUEST = CompareRequest.checked(
    picture="sample:digit-0", model="mnist_standard", several=True, norm="l2", eps=1.5,
    attacks={name: lineup.parameters(attacks.registry.get(name)) for name in NAMES},
)  # fmt: skip
DIGITS = {f"sample:{one.name}": one.image for one in subjects.samples(models.card("mnist_standard").labels())}


@pytest.fixture(scope="module")
def outcomes() -> tuple[Outcome, ...]:
    return lab.run_all(REQUEST.of("fgsm"), DIGITS)


def tally(outcomes: tuple[Outcome, ...], name: str, *fooled: int, verdict: Verdict = Verdict.HELD) -> Tally:
    """An attack that fools these of the pictures, with a change of 1."""
    made = [
        replace(
            one, verdict=Verdict.FOOLED if place in fooled else verdict, unrounded_success=place in fooled,
            norms=one.norms | {"l2": 1.0 + place}, queries=place, seconds=0.5,
        )
        for place, one in enumerate(outcomes)
    ]  # fmt: skip
    return Tally(name, REQUEST, tuple(made))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_there_are_at_most_sixteen_and_the_first_is_one_of_them() -> None:
    for name, count in (("mnist_standard", 10), ("signs_standard", 16)):
        found = subjects.samples(models.card(name).labels())
        assert len(found) == len({one.name for one in found}) == count
    assert len(subjects.samples(("nothing that we draw",))) > 1


def test_each_of_a_batch_is_what_it_is_alone(outcomes: tuple[Outcome, ...]) -> None:
    assert [one.request.picture for one in outcomes] == list(DIGITS)
    for name in ("digit-0", "digit-7"):
        alone = lab.run(REQUEST.of("fgsm").model_copy(update={"picture": f"sample:{name}"}), sample(name).image)
        batch = next(one for one in outcomes if one.request == alone.request)
        assert (batch.verdict, batch.before.index, batch.after.index) == (
            alone.verdict, alone.before.index, alone.after.index,
        )  # fmt: skip
        assert batch.norms["l2"] == pytest.approx(alone.norms["l2"], rel=1e-3)
        assert (batch.queries, batch.execution.picture_digest) == (alone.queries, alone.execution.picture_digest)


def test_what_was_there_before_does_not_count(outcomes: tuple[Outcome, ...]) -> None:
    one = tally(outcomes, "fgsm", 0, verdict=Verdict.HELD)
    there = replace(one.outcomes[1], verdict=Verdict.ALREADY)
    line = Tally("fgsm", REQUEST, (one.outcomes[0], there, *one.outcomes[2:4]))
    assert line.share == "1 of 3"
    assert line.size(Norm.L2) == 1.0
    assert line.queries == 2
    assert line.seconds == 2.0
    assert line.survives == "1 of 1"
    assert line.sentence == "1 there before any attack, and not counted."
    far = tally(outcomes, "cw", 0, 1)
    assert far.share == "1 of 10"
    assert plain(far.sentence) == "1 changed by more than ε = 1.5."
    broken = Tally("pgd", REQUEST, problem="It broke.")
    assert (broken.share, broken.sentence, broken.size(Norm.L2), broken.seconds) == (
        "no result",
        "It broke.",
        None,
        None,
    )


def test_the_headline_counts_what_they_fool_together(outcomes: tuple[Outcome, ...]) -> None:
    near = [tuple(replace(o, norms=o.norms | {"l2": 1.0}) for o in tally(outcomes, "x", *some).outcomes)
            for some in ((0, 1), (1, 2, 3), ())]  # fmt: skip
    fgsm, pgd, cw = (Tally(name, REQUEST, found) for name, found in zip(NAMES, near, strict=True))
    said = plain(headline([fgsm, pgd, cw]))
    assert said == "Together they fool 4 of 10 pictures within ε = 1.5; PGD alone fools 3."
    assert plain(headline([fgsm, Tally("pgd", REQUEST)])) == "FGSM fools 2 of 10 pictures within ε = 1.5 so far."
    assert plain(headline([cw, cw])) == "None of two attacks fools any of 10 pictures within ε = 1.5."
    assert plain(headline([fgsm, replace(fgsm, name="pgd")])).endswith("; each of them fools as many.")
    assert plain(headline([Tally("pgd", REQUEST)])) == "It is under way."
    pair = headline([fgsm, pgd, replace(pgd, name="cw")])
    assert plain(pair).endswith("within ε = 1.5; PGD and C&W each fool 3.")
    aimed = [Tally("pgd", REQUEST, tuple(replace(one, goal="8") for one in pgd.outcomes))]
    assert plain(headline(aimed)) == "PGD brings 3 of 10 pictures to “8” within ε = 1.5."


def test_the_file_has_a_line_for_each_attack_and_picture(outcomes: tuple[Outcome, ...]) -> None:
    lines = [entry for one in (Tally("fgsm", REQUEST, outcomes), Tally("pgd", REQUEST)) for entry in one.entries]
    rows = list(csv.DictReader(io.StringIO(compared.csv(lines, {}))))
    assert [row["picture"] for row in rows] == [*DIGITS, ""]
    assert {row["attack"] for row in rows[:-1]} == {"fgsm"}
    assert all(one.removeprefix("sample:") in SAMPLES for one in DIGITS)


def test_a_link_says_that_it_is_about_several() -> None:
    params = lineups.query(REQUEST)
    link = lineups.parse(params)
    assert not link.problems
    assert CompareRequest.checked(**link.attack.values, **link.values) == REQUEST
    (problem,) = lineups.parse(params | {"c.pictures": "some"}).problems
    assert "c.pictures is “all” or nothing" in problem
