"""Break each attack in five ways, and see a named test of the other suites turn red.

Where a way makes no sense for an attack the table has the nearest one that does, and says so.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

import advlab
from advlab.errors import AdvlabError
from tests.attacks import test_closed_form as planes
from tests.attacks import test_cw as by_hand
from tests.attacks import test_pgd as loops
from tests.attacks import test_square as squares
from tests.cases import Case
from tests.conformance import test_invariants as invariants
from tests.mutants.mutate import Change

FGSM, PGD, CW, SQUARE, HSJ = (f"attacks/{n}.py" for n in ("fgsm", "pgd", "cw", "square", "hopskipjump"))
ORACLE, DRIVER, BOUNDARY, PROBES = (f"core/{n}.py" for n in ("oracle", "driver", "boundary", "probes"))
WAYS = ("flipped sign", "no projection", "last iterate not judged", "wrong row after dropping", "one query too many")


@dataclass(frozen=True)
class Mutant:
    attack: str
    way: str
    change: Change
    check: Callable[..., None]
    arguments: dict = field(default_factory=dict)
    note: str = ""

    def __str__(self) -> str:
        return f"{self.attack}-{self.way.replace(' ', '_')}"


def mutant(attack, way, change, check, note="", **arguments):
    return Mutant(attack, way, Change(*change), check, arguments, note)


ONE_TOO_MANY = (ORACLE, "return place < self.remaining[row]", "return place <= self.remaining[row]")
# Two guards hold the budget: the grant, and the driver's dropping of rows that have nothing left. Attacks that
# ask once a step are held by either, so for them the number that both read is wrong.
BOTH_ONE_TOO_MANY = (
    ORACLE,
    "return self.max_queries - self.ledger.queries[self.rows]",
    "return self.max_queries - self.ledger.queries[self.rows] + 1",
)
batch = invariants.test_results_do_not_depend_on_the_batch
budget = invariants.test_budget_is_never_exceeded

TABLE = [
    # ---- FGSM
    mutant(
        "fgsm", "flipped sign",
        (FGSM, "o.x + norms.per_image(o.eps, o.x)", "o.x - norms.per_image(o.eps, o.x)"),
        planes.test_fgsm_is_exact_in_linf, content="interior", dtype=planes.torch.float32,
    ),
    mutant(
        "fgsm", "no projection",
        (FGSM, "o.logits(norms.project(moved, o.x, o.norm, o.eps))", "o.logits(moved)"),
        planes.test_fgsm_is_exact_in_linf, content="saturated", dtype=planes.torch.float32,
        note="The step never leaves the ball; it leaves the box, and the oracle refuses what it finds there.",
    ),
    mutant(
        "fgsm", "last iterate not judged",
        (FGSM, "o.logits(norms.project(moved, o.x, o.norm, o.eps))", "norms.project(moved, o.x, o.norm, o.eps)"),
        loops.test_fgsm_is_one_full_step, norm="linf", eps=0.07,
    ),
    mutant(
        "fgsm", "wrong row after dropping",
        (ORACLE, "self.x = self._all_x[self.rows]", "self.x = self._all_x[: len(self.rows)]"),
        batch, case=Case("fgsm", "linf"),
        note="FGSM has one step: the only rows dropped are those already wrong, before it.",
    ),
    mutant(
        "fgsm", "one query too many", ONE_TOO_MANY, budget, case=Case("fgsm", "linf"), budget=1, early=False,
    ),
    # ---- PGD
    mutant(
        "pgd", "flipped sign",
        (PGD, "s.x + norms.per_image(size, s.x) * direction", "s.x - norms.per_image(size, s.x) * direction"),
        planes.test_pgd_finds_the_plane, content="interior", norm="linf", random_start=True,
    ),
    mutant(
        "pgd", "no projection",
        (PGD, "x = norms.project(s.x + norms.per_image(size, s.x) * direction, o.x, o.norm, radius)",
         "x = s.x + norms.per_image(size, s.x) * direction"),
        loops.test_pgd_is_the_textbook_loop, norm="linf", eps=0.05, step_size=0.02, targeted=False,
    ),
    mutant(
        "pgd", "last iterate not judged",
        (PGD, "if taken % self.steps == 0:", "if taken < 0:"),
        planes.test_pgd_with_one_step_is_as_strong_as_fgsm, norm="linf",
    ),
    mutant(
        "pgd", "wrong row after dropping",
        (DRIVER, "state = state.take(~finished)", "state = state.take((~finished).flip(0))"),
        batch, case=Case("pgd", "linf"),
    ),
    mutant(
        "pgd", "one query too many", BOTH_ONE_TOO_MANY, budget, case=Case("pgd", "l2"), budget=3, early=False,
    ),
    # ---- C&W
    mutant(
        "cw", "flipped sign",
        (CW, "gradient = 2 * delta - norms.per_image", "gradient = 2 * delta + norms.per_image"),
        planes.test_cw_with_few_steps_is_close, content="interior", shift=0.0,
    ),
    mutant(
        "cw", "no projection",
        (CW, "* direction).clamp_(0, 1)", "* direction)"),
        planes.test_cw_with_few_steps_is_close, content="saturated", shift=0.0,
        note="C&W has no ball: its projection is the box.",
    ),
    mutant(
        "cw", "last iterate not judged",
        (CW, "if self.confidence == 0:", "if self.confidence < 0:"),
        by_hand.test_it_ends_on_the_boundary,
        note="A round's last iterate is no candidate in the paper either; what ends a run is the bisection.",
    ),
    mutant(
        "cw", "wrong row after dropping",
        (ORACLE, "return self.best.size[self.rows]", "return self.best.size[: len(self.rows)]"),
        batch, case=Case("cw", "l2"),
    ),
    mutant(
        "cw", "one query too many", BOTH_ONE_TOO_MANY, budget, case=Case("cw", "l2"), budget=7, early=True,
    ),
    # ---- Square
    mutant(
        "square", "flipped sign",
        (SQUARE, "better = gain > s.gain", "better = gain < s.gain"),
        squares.test_only_what_raises_the_margin_is_kept,
    ),
    mutant(
        "square", "no projection",
        (SQUARE, "return norms.project(x, o.x, o.norm, o.eps)", "return x"),
        planes.test_square_breaks_what_it_should, content="saturated", norm="linf", share=2.0, targeted=False,
    ),
    mutant(
        "square", "last iterate not judged",
        (SQUARE, "return s.step >= self.steps", "return s.step >= self.steps - 1"),
        squares.test_linf_pixels_are_at_the_radius_or_at_the_wall,
        note="Every candidate is a query here, so the nearest defect is a last square that is never tried.",
    ),
    mutant(
        "square", "wrong row after dropping",
        (ORACLE, "self.noise = self._all_noise.take(self.rows)", "self.noise = self._all_noise.take(self.rows * 0)"),
        batch, case=Case("square", "l2"),
    ),
    mutant(
        "square", "one query too many", BOTH_ONE_TOO_MANY, budget, case=Case("square", "linf"), budget=7, early=False,
    ),
    # ---- HopSkipJump
    mutant(
        "hopskipjump", "flipped sign",
        (PROBES, "(1 - weight) * reached - (1 + weight) * missed", "(1 + weight) * missed - (1 - weight) * reached"),
        planes.test_hopskipjump_with_few_queries, content="interior", norm="l2",
    ),
    mutant(
        "hopskipjump", "no projection",
        (HSJ, "* direction[rows]).clamp_(0, 1)", "* direction[rows])"),
        planes.test_hopskipjump_with_few_queries, content="saturated", norm="l2",
        note="HopSkipJump has no ball: its projection is the box.",
    ),
    mutant(
        "hopskipjump", "last iterate not judged",
        (HSJ, "x=self._to_boundary(o, x, rows, tolerance), distance", "x=x, distance"),
        planes.test_hopskipjump_with_few_queries, content="interior", norm="linf",
        note="Every point is a query here, so the nearest defect is a step whose end is not moved to the boundary.",
    ),
    mutant(
        "hopskipjump", "wrong row after dropping",
        (BOUNDARY, "clean = o.x[rows]", "clean = o.x[: len(rows)].flip(0)"),
        batch, case=Case("hopskipjump", "l2"),
    ),
    mutant(
        "hopskipjump", "one query too many", ONE_TOO_MANY, budget, case=Case("hopskipjump", "linf"), budget=2,
        early=False,
    ),
]  # fmt: skip
mutants = pytest.mark.parametrize("case", TABLE, ids=str)


@mutants
def test_a_mutant_turns_its_test_red(case):
    case.check(**case.arguments)
    with case.change.applied(), pytest.raises((AssertionError, AdvlabError)):
        case.check(**case.arguments)


@mutants
def test_the_mutation_is_gone_afterwards(case):
    """Whatever happens inside."""
    names, codes = case.change.functions(), []
    assert names
    before = [function.__code__ for function, _ in names]
    with contextlib.suppress(ZeroDivisionError), case.change.applied():
        codes = [function.__code__ for function, _ in names]
        raise ZeroDivisionError
    assert all(new is not old for new, old in zip(codes, before, strict=True))
    assert all(function.__code__ is old for (function, _), old in zip(names, before, strict=True))


@pytest.mark.parametrize("name", ["fgsm", "pgd", "cw", "square", "hopskipjump"])
def test_the_table_is_complete(name):
    assert name in advlab.attacks.available()
    assert [case.way for case in TABLE if case.attack == name] == list(WAYS)
    assert all(case.check.__name__.startswith("test_") for case in TABLE)
