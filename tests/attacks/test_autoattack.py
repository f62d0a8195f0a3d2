"""AutoAttack: what it is made of, who sees what the others left, and what it says of the model."""

import pytest
import torch
from torch import nn

import advlab
from advlab.core.norms import Norm
from tests.networks import Stochastic, conv, pictures, wrap

SIZE = (3, 6, 5)
SHORT = {"steps": 8, "squares": 40}


def members(version, norm="linf"):
    kind = advlab.attacks.available()["autoattack"]
    return [(m.name, m.attack.name, m.attack.model_dump()) for m in kind(version=version).members(Norm(norm))]


def test_it_is_the_papers_recipe():
    standard = members("standard")
    assert [(title, name) for title, name, _ in standard] == [
        ("APGD-CE", "apgd"), ("APGD-T", "apgd_t"), ("FAB-T", "fab"), ("Square", "square"),
    ]  # fmt: skip
    first, towards, fab, square = (parameters for _, _, parameters in standard)
    assert (first["steps"], first["restarts"], first["loss"]) == (100, 1, "cross_entropy")
    assert (towards["steps"], towards["targets"], towards["loss"], towards["restarts"]) == (100, 9, "dlr", 1)
    assert (fab["steps"], fab["targets"], fab["restarts"]) == (100, 9, 1)
    assert (square["steps"], square["share"]) == (5000, 0.8)
    (_, _, first), (_, _, towards), (_, _, fab), _ = members("standard", "l1")
    assert (first["restarts"], towards["targets"], fab["targets"]) == (5, 5, 9)
    assert [title for title, _, _ in members("plus")] == [
        "APGD-CE", "APGD-DLR", "FAB", "Square", "APGD-T", "FAB-T",
    ]  # fmt: skip
    assert [parameters.get("restarts") for _, _, parameters in members("plus")] == [5, 5, 5, None, 1, 1]
    assert [(title, parameters["samples"]) for title, _, parameters in members("rand")] == [
        ("APGD-CE", 20), ("APGD-DLR", 20),
    ]  # fmt: skip


@pytest.mark.parametrize("norm, eps", [("linf", 0.012), ("l2", 0.09)])
def test_it_is_its_members_each_on_what_is_left(norm, eps):
    """Against the same attacks called one by one: the same images fall, for the same queries."""
    classifier = wrap(conv(SIZE, dtype=torch.float64), 4, SIZE)
    x = pictures(16, SIZE, 4, dtype=torch.float64)
    r = advlab.attack(classifier, x, "autoattack", norm=norm, eps=eps, seed=3, **SHORT)
    left, queries = torch.arange(16), torch.zeros(16, dtype=torch.int64)
    kind = advlab.attacks.available()["autoattack"]
    fallen = []
    for place, member in enumerate(kind(**SHORT).members(Norm(norm))):
        part = advlab.attack(
            classifier, x[left], member.attack, norm=norm, eps=eps, seed=3 + place, inside_is_enough=True
        )
        queries[left] += part.queries
        fallen.append(int(part.success.sum()))
        left = left[~part.success]
    assert torch.equal((~r.success).nonzero().flatten(), left)
    assert torch.equal(r.queries, queries)
    assert 0 < len(left) < 16
    assert fallen[0] > 0
    trace = r.trace.column("queries")
    assert torch.equal(trace[-1], queries)
    assert (trace.diff(dim=0) >= 0).all()


def test_zero_gradients_are_counted_once():
    """The sentence has the numbers of the result."""
    classifier, x = wrap(Rounded(conv(SIZE)), 4, SIZE), pictures(4, SIZE, 4)
    r = advlab.attack(classifier, x, "autoattack", norm="linf", eps=1e-3, **SHORT)
    zeros, gradients = int(r.zero_gradients.sum()), int(r.gradients.sum())
    assert zeros > 0
    assert any(f"{zeros:,} of {gradients:,} gradients" in note for note in r.notes)


def notes(classifier, **options):
    x = pictures(4, SIZE, 4)
    return " ".join(advlab.attack(classifier, x, "autoattack", norm="linf", eps=0.1, **SHORT, **options).notes)


class Rounded(nn.Module):
    """A network that sees four levels of grey: no gradient comes back."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module((x * 3).round() / 3)


def test_warnings_are_data():
    assert notes(wrap(conv(SIZE), 4, SIZE)) == ""
    assert "probabilities" in notes(wrap(nn.Sequential(conv(SIZE), nn.Softmax(1)), 4, SIZE))
    noisy = wrap(Stochastic(conv(SIZE), 0.1), 4, SIZE, votes=3)
    assert "at random" in notes(noisy)
    assert "at random" not in notes(noisy, version="rand")
    masked = notes(wrap(Rounded(conv(SIZE)), 4, SIZE))
    assert "exactly zero" in masked
    assert "Square, which sees no gradient, took" in masked


def test_a_budget_is_for_all_members_together():
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(5, SIZE, 4)
    r = advlab.attack(classifier, x, "autoattack", norm="linf", eps=1e-4, max_queries=30, **SHORT)
    assert r.queries.tolist() == [30] * 5


def test_stop_is_heard_between_members_and_within():
    classifier, x, told = wrap(conv(SIZE), 4, SIZE), pictures(2, SIZE, 4), []
    r = advlab.attack(
        classifier, x, "autoattack", norm="linf", eps=1e-4, progress=lambda p: told.append(p.fraction),
        should_stop=lambda: bool(told) and told[-1] > 0.3, **SHORT,
    )  # fmt: skip
    assert r.stopped
    assert r.notes == ()
    assert told == sorted(told)
