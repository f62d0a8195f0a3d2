"""What the preflight finds, each in a network of a few lines."""

import pytest
import torch
from torch import nn

import advlab
from advlab.models import preflight

SIZE = (3, 8, 8)


class Network(nn.Module):
    """A linear layer and whatever is done to its answers."""

    def __init__(self, after=lambda logits: logits, classes=4):
        super().__init__()
        self.linear = nn.Linear(192, classes)
        generator = torch.Generator().manual_seed(0)
        self.linear.load_state_dict(
            {
                "weight": torch.randn(classes, 192, generator=generator),
                "bias": torch.randn(classes, generator=generator),
            }
        )
        self.after = after

    def forward(self, x):
        return self.after(self.linear(x.flatten(1)))


def look(after, **options):
    with torch.random.fork_rng():
        network = Network(after)
        classifier = advlab.wrap(network, labels=list("abcd"), input_size=SIZE, name="mine", **options)
        return {check.name: check for check in preflight(classifier)}


def test_a_sound_network():
    checks = look(lambda logits: logits)
    assert all(check.ok for check in checks.values())
    assert list(checks)[:6] == ["output", "numbers", "logits", "repeatable", "answers", "gradient"]
    assert checks["parameters"].sentence == "772 parameters."
    assert "ms" in checks["speed"].sentence
    assert "ms" in checks["gradient"].sentence
    assert len(checks["digest"].sentence.split()[-1]) == 17


def noisy(logits):
    return logits + torch.randn(logits.shape)


@pytest.mark.parametrize(
    "after, name, ok, words",
    [
        (lambda logits: logits[:, :3], "output", False, "one column a label"),
        (lambda logits: (logits,), "output", False, "it gave tuple"),
        (lambda logits: logits @ torch.ones(9, 9), "output", False, "give the size that it was trained with"),
        (lambda logits: logits.softmax(1), "logits", False, "without its softmax"),
        (noisy, "repeatable", None, "votes=5"),
        (lambda logits: logits - logits.mean(0), "repeatable", None, "what else is in its batch"),
        (lambda logits: logits / 0, "numbers", False, "NaN or infinite"),
        (lambda logits: logits * float("nan"), "numbers", False, "export anew"),
        (lambda logits: logits.round(), "gradient", False, "The gradient is zero"),
        (lambda logits: logits.detach(), "gradient", False, "has no gradient"),
        (lambda logits: (logits - logits).abs().sqrt() + logits, "gradient", False, "NaN or infinite"),
        (lambda logits: logits * 0 + torch.arange(4.0), "answers", False, "one and the same answer"),
    ],
)
def test_what_is_wrong_is_said(after, name, ok, words):
    check = look(after)[name]
    assert check.ok is ok
    assert words in check.sentence
    assert check.sentence.endswith(".")


def test_probabilities_are_found_for_any_number_of_classes_and_log_probabilities_are_fine():
    assert look(lambda logits: logits.softmax(1))["logits"].ok is False
    assert look(lambda logits: logits.log_softmax(1))["logits"].ok
    assert look(lambda logits: logits.sigmoid())["logits"].ok  # not a distribution: they do not sum to one


def test_a_network_that_votes_is_known_to_be_noisy():
    assert "votes=5" not in look(noisy, votes=3)["repeatable"].sentence


def test_out_of_memory_is_said_as_such():
    def greedy(_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    assert "memory" in look(greedy)["output"].sentence
