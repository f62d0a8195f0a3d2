"""What an interface shows: by hand, and that an attack gets no more than that."""

import pytest
import torch

import advlab
from advlab.core.randomness import question
from advlab.core.service import Service
from advlab.errors import ParameterError
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)
SHARES = torch.tensor([[0.52, 0.24, 0.16, 0.08]])


def shown(**how):
    return Service(**how).shown((SHARES * 7).log(), torch.zeros(1, *SIZE)).exp()[0].tolist()


def test_all_of_it():
    logits = SHARES.repeat(3, 1)
    assert Service().shown(logits, torch.zeros(3, *SIZE)) is logits


def test_of_the_others_only_what_they_share():
    assert shown(top=2) == pytest.approx([0.52, 0.24, 0.12, 0.12])
    assert shown(top=1) == pytest.approx([0.52, 0.16, 0.16, 0.16])
    assert shown(top=9) == pytest.approx(SHARES[0].tolist())


def test_what_is_hidden_is_no_more_than_what_is_shown():
    """Rounded down, the top leaves more than the others can have."""
    assert shown(top=3, decimals=1) == pytest.approx([0.5, 0.2, 0.2, 0.1])
    assert shown(top=2, decimals=0) == pytest.approx([1.0, 0.5, 0.5, 0.5])


def test_rounded():
    assert shown(decimals=1) == pytest.approx([0.5, 0.2, 0.2, 0.1])
    assert shown(decimals=0) == pytest.approx([1.0, 0.5, 0.5, 0.5]), "zero is taken for less than half a unit"
    assert shown(top=3, decimals=2) == pytest.approx([0.52, 0.24, 0.16, 0.08])


def test_noise_is_that_of_the_question():
    service, x = Service(noise=0.05), pictures(2, SIZE)
    logits = SHARES.log().repeat(2, 1)
    with question(1, 1):
        first, again = service.shown(logits, x), service.shown(logits, x)
    with question(1, 2):
        other = service.shown(logits, x)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])
    spread = torch.cat([service.shown(SHARES.log().repeat(500, 1), pictures(500, SIZE, seed)) for seed in range(4)])
    torch.testing.assert_close(spread.exp()[:, 0].std(), torch.tensor(0.05), rtol=0.1, atol=0)
    torch.testing.assert_close(spread.exp()[:, 0].mean(), torch.tensor(0.52), rtol=0, atol=0.005)


def test_what_is_not_a_number_stays_so():
    logits = torch.tensor([[0.0, torch.nan], [1.0, 0.0]])
    said = Service(top=1).shown(logits, torch.zeros(2, *SIZE))
    assert said[0].isnan().all()
    assert said[1].isfinite().all()


@pytest.mark.parametrize("service, same", [(Service(top=1), True), (Service(decimals=4), False)])
def test_an_attack_gets_no_more_than_is_shown(service, same):
    """Two models that differ only in what a top one hides lead to the same run, unless more is shown."""

    class Other(torch.nn.Module):
        """The same shares of the best class and of all others together, as sharp or not."""

        def __init__(self, module):
            super().__init__()
            self.module = module

        def forward(self, x):
            said = self.module(x)
            best = said.softmax(1).amax(1, keepdim=True)
            even = ((1 - best) / 3).expand_as(said)
            return torch.where(said == said.amax(1, keepdim=True), best, even).log()

    x, module = pictures(3, SIZE, dtype=torch.float64), conv(SIZE, dtype=torch.float64)
    runs = [
        advlab.attack(wrap(m, 4, SIZE), x, "square", eps=0.1, steps=20, service=service, early_stop=False)
        for m in (module, Other(module))
    ]
    assert torch.equal(runs[0].adversarial, runs[1].adversarial) == same


def test_labels_say_nothing_of_rounding():
    """Who sees the label sees it as well where the scores would be a tie."""
    x = pictures(3, SIZE)
    classifier = wrap(conv(SIZE), 4, SIZE)
    plain, served = (
        advlab.attack(classifier, x, "hopskipjump", max_queries=100, service=service)
        for service in (Service(), Service(top=1, decimals=0))
    )
    assert torch.equal(plain.adversarial, served.adversarial)
    noisy = advlab.attack(classifier, x, "hopskipjump", max_queries=100, service=Service(noise=0.3))
    assert not torch.equal(plain.adversarial, noisy.adversarial)


def test_a_rate_for_a_while_is_a_budget():
    spy = Spy(conv(SIZE))
    service = Service(per_minute=10, minutes=2.5)
    r = advlab.attack(
        wrap(spy, 4, SIZE), pictures(2, SIZE), "square", eps=0.001, steps=99, service=service, early_stop=False
    )
    assert r.queries.tolist() == [25, 25]
    assert service.budget(7) == 7
    assert Service(per_minute=10).budget(None) is None


def test_who_sees_gradients_has_no_interface():
    with pytest.raises(ParameterError, match="no interface shows"):
        advlab.attack(wrap(conv(SIZE), 4, SIZE), pictures(1, SIZE), "pgd", eps=0.1, service=Service(top=1))


def test_what_is_impossible_is_a_sentence():
    with pytest.raises(ParameterError, match=r"Classes shown \(top\) must be at least 1, not 0"):
        Service.configured({"top": 0})
