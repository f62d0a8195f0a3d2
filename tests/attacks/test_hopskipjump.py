"""HopSkipJump: starts, failures, norms, and what it may know."""

import pytest
import torch
from torch import nn

import advlab
from advlab.core.oracle import DecisionOracle
from tests.networks import Constant, Spy, conv, linear, pictures, wrap

SIZE = (3, 6, 5)


@pytest.mark.parametrize("norm", ["l2", "linf"])
@pytest.mark.parametrize("goal", [None, advlab.Targeted(1)])
def test_without_anything_to_reach_it_fails_honestly(norm, goal):
    """PEERS items 7 and 8: no start found is a failure of infinite distance, not a clean image called done."""
    spy = Spy(Constant([1.0, 0.0]))
    r = advlab.attack(wrap(spy, 2, SIZE), pictures(3, SIZE), "hopskipjump", norm=norm, goal=goal)
    assert not r.success.any()
    assert torch.isinf(r.distance).all()
    assert bool(r.adversarial.isfinite().all())
    assert (r.queries > 0).all()
    assert (r.queries <= 102).all(), "it gives up looking for a start"


def test_the_last_round_keeps_queries_for_its_step(monkeypatch):
    """More probes than the budget has: they leave enough to walk where they say."""
    classifier, x = wrap(conv((3, 6, 5)), 4, (3, 6, 5)), pictures(6, (3, 6, 5))
    kept = advlab.attack(classifier, x, "hopskipjump", max_queries=150, first_probes=10_000)
    monkeypatch.setattr("advlab.attacks.hopskipjump._RESERVE", 0)
    spent = advlab.attack(classifier, x, "hopskipjump", max_queries=150, first_probes=10_000)
    found = spent.success
    assert found.any()
    assert bool((kept.norms["l2"] < spent.norms["l2"])[found].all())


def test_a_start_of_the_wrong_class_is_not_believed():
    classifier, x = linear((1, 4, 4), 2, 1), pictures(2, (1, 4, 4), 3)
    with torch.no_grad():
        target = 1 - classifier(x).argmax(1)
    r = advlab.attack(classifier, x, "hopskipjump", goal=advlab.Targeted(target), start=x, max_queries=300)
    assert torch.equal(r.success, r.label_after == target)
    assert r.success.all(), "noise is tried instead"


def test_a_given_start_is_walked_from():
    """The first question is about the start, and the way leads from it to the clean image."""
    spy = Spy(conv(SIZE))
    classifier, x = wrap(spy, 4, SIZE), pictures(1, SIZE)
    far = pictures(40, SIZE, 8)
    with torch.no_grad():
        labels = classifier(far).argmax(1)
        own = int(classifier(x).argmax())
    start = far[labels != own][:1]
    target = int(labels[labels != own][0])
    asked = spy.remember()
    r = advlab.attack(classifier, x, "hopskipjump", goal=advlab.Targeted(target), start=start, max_queries=40)
    assert torch.equal(asked[1], start)
    torch.testing.assert_close(asked[2][:1], (x + start) / 2)
    assert r.success.all()
    assert r.norms["l2"] < (start - x).norm()
    assert r.verifications.max() <= 8, "nothing was drawn"


def test_a_target_that_noise_never_hits_is_reached_from_a_drawn_start():
    """Least likely class of a plane in 200 dimensions."""
    classifier, x = linear((2, 10, 10), 5, 4), pictures(2, (2, 10, 10), 3)
    with torch.no_grad():
        target = classifier(x).argmin(1)
    r = advlab.attack(classifier, x, "hopskipjump", goal=advlab.Targeted(target), max_queries=500)
    assert r.success.all()
    assert torch.equal(r.label_after, target)
    assert r.gradients.sum() == 0


def test_it_sees_labels_only():
    """Any logits with the same order give the same run: a softmax of a hundredfold, and ranks."""

    class Ranks(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def forward(self, x):
            return self.module(x).argsort(1).argsort(1).to(x.dtype) ** 3

    module, x = conv(SIZE, dtype=torch.float64), pictures(3, SIZE, dtype=torch.float64)
    plain, ranks = (advlab.attack(wrap(m, 4, SIZE), x, "hopskipjump", max_queries=300) for m in (module, Ranks(module)))
    assert torch.equal(plain.adversarial, ranks.adversarial)
    assert torch.equal(plain.queries, ranks.queries)
    assert not hasattr(DecisionOracle, "gradient")
    assert not hasattr(DecisionOracle, "logits")


def test_linf_is_linf():
    """PEERS item 19: a search asked for L∞ that quietly minimises L2."""
    classifier, x = linear((1, 8, 8), 2, 1), pictures(6, (1, 8, 8), 3, low=0.3, high=0.7)
    by_norm = {n: advlab.attack(classifier, x, "hopskipjump", norm=n, max_queries=2000) for n in ("l2", "linf")}
    assert (by_norm["linf"].norms["linf"] < by_norm["l2"].norms["linf"]).all()
    assert (by_norm["l2"].norms["l2"] < by_norm["linf"].norms["l2"]).all()


def test_the_given_label_is_the_one_to_leave():
    """PEERS item 7: `y` is not ignored: an image that is already wrong costs nothing."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(2, SIZE)
    with torch.no_grad():
        own = classifier(x).argmax(1)
    r = advlab.attack(classifier, x, "hopskipjump", labels=(own + 1) % 4, max_queries=100)
    assert r.already.all()
    assert r.queries.sum() == 0


def test_gradients_are_normalised_image_by_image():
    """PEERS item 6: normalised over the batch, sixteen images are worse off than one."""
    classifier, x = linear((1, 7, 5), 2, 1), pictures(16, (1, 7, 5), 3, low=0.4, high=0.6)
    whole = advlab.attack(classifier, x, "hopskipjump", max_queries=400)
    alone = torch.cat(
        [advlab.attack(classifier, x[[k]], "hopskipjump", max_queries=400).norms["l2"] for k in range(16)]
    )
    torch.testing.assert_close(whole.norms["l2"], alone, rtol=0.02, atol=0)


def test_a_seed_is_a_result_and_another_seed_another():
    """PEERS item 7: an unseeded generator inside makes no two runs alike."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(2, SIZE)
    first, again, other = (advlab.attack(classifier, x, "hopskipjump", max_queries=100, seed=s) for s in (1, 1, 2))
    assert torch.equal(first.adversarial, again.adversarial)
    assert not torch.equal(first.adversarial, other.adversarial)


def test_the_announced_cost_covers_a_search_for_a_start():
    """A picture that needs many tries of noise, and few probes afterwards."""

    class Rare(nn.Module):
        """Another class only where the first pixel is almost white."""

        def __init__(self):
            super().__init__()
            self.limit = nn.Parameter(torch.tensor(0.985))

        def forward(self, x):
            over = x[:, 0, 0, 0] - self.limit
            return torch.stack((torch.zeros_like(over), over), 1)

    x = pictures(12, SIZE, low=0.2, high=0.5)
    configured = advlab.attacks.available()["hopskipjump"].configured({"steps": 1, "first_probes": 1})
    r = advlab.attack(wrap(Rare(), 2, SIZE), x, configured)
    assert r.queries.max() > 40, "otherwise this shows nothing"
    assert r.queries.max() <= configured.cost(None)[0]
