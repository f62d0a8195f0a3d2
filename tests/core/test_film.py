"""A film of a run: evenly spread, with both ends, and of what the attacker looked at."""

import pytest
import torch

import advlab
from advlab.core.film import Film
from advlab.errors import ParameterError
from tests.networks import Spy, conv, linear, pictures, wrap

STEPS = 20


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 15, 16, 17, 100, 1000, 1037])
def test_a_film_has_both_ends_and_even_steps(count: int) -> None:
    film = Film(most=8)
    for step in range(count):
        film.add(step, torch.full((1, 2, 2), step / 2000))
        assert len(film.frames) <= 16
    steps, frames = film.cut()
    assert len(steps) == len(frames) == min(count, 8) or 4 <= len(steps) <= 8
    assert (steps[0], steps[-1]) == (0, count - 1)
    assert steps == sorted(set(steps))
    gaps = torch.tensor(steps).diff()
    assert count < 3 or gaps.max() <= 2.5 * max(1, gaps[:-1].min() if len(gaps) > 1 else 1)
    assert [int(frame[0, 0, 0]) for frame in frames] == [round(step / 2000 * 255) for step in steps]


def test_the_frames_are_what_was_asked_at_each_step() -> None:
    spy = Spy(conv())
    clf = wrap(spy, 4, (3, 6, 5))
    x = (pictures(2, (3, 6, 5)) * 255).round() / 255
    asked = spy.remember()
    r = advlab.attack(clf, x, "pgd", norm="linf", eps=8 / 255, steps=STEPS, early_stop=False, frames=STEPS)
    steps, frames = r.film.cut()
    assert steps == list(range(len(r.trace)))
    queries = asked[1 : 1 + len(steps)]  # the first one is the verifier's, about the clean images
    assert torch.equal(frames, torch.stack([(images[0] * 255).round().to(torch.uint8) for images in queries]))
    assert advlab.attack(clf, x, "pgd", norm="linf", eps=8 / 255, steps=2).film is None


def test_an_attack_that_sees_labels_shows_its_best_images() -> None:
    clf, x = linear((1, 6, 6)), pictures(1, (1, 6, 6))
    r = advlab.attack(clf, x, "hopskipjump", norm="l2", steps=3, frames=8)
    _, frames = r.film.cut()
    last = (r.adversarial[0] * 255).round().int()
    assert (frames[-1].int() - last).abs().max() <= 1


def test_an_impossible_number_of_frames_is_a_sentence() -> None:
    with pytest.raises(ParameterError, match="0 to 1000"):
        advlab.attack(linear((1, 6, 6)), pictures(1, (1, 6, 6)), "pgd", eps=0.1, frames=-1)
