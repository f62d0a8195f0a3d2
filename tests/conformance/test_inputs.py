"""What people get wrong is told in one sentence, before any work, by every attack."""

import math
import re

import pytest
import torch

import advlab
from advlab.errors import InputError, ParameterError
from tests.cases import KINDS
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)
cases = pytest.mark.parametrize("case", KINDS, ids=str)


def refused(case, kind, x, *, match, **options):
    spy = Spy(conv(SIZE))
    with pytest.raises(kind, match=match) as caught:
        case.run(wrap(spy, 4, SIZE), x, **{"goal": case.goal(0), **options})
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return spy.forward_images


@cases
@pytest.mark.parametrize("pixel", [math.nan, math.inf, -math.inf])
def test_pixels_that_are_not_finite(case, pixel):
    x = pictures(2, SIZE)
    x[1, 2, 3, 4] = pixel
    assert refused(case, InputError, x, match="finite") == 0


@cases
@pytest.mark.parametrize("pixel", [-0.01, 1.01, 255.0])
def test_pixels_outside_the_box(case, pixel):
    x = pictures(2, SIZE)
    x[0, 0, 0, 0] = pixel
    assert refused(case, InputError, x, match=re.escape("[0, 1]")) == 0


@cases
def test_rounding_just_outside_the_box_is_forgiven(case):
    """-3e-8 comes out of other people's arithmetic: it is clamped, not refused."""
    x = pictures(2, SIZE)
    x[0, 0, 0, 0], x[1, 0, 0, 0] = -3e-8, 1 + 1e-7
    r = case.run(wrap(conv(SIZE), 4, SIZE), x)
    assert 0 <= float(r.adversarial.min()) <= float(r.adversarial.max()) <= 1


@cases
@pytest.mark.parametrize("shape", [(3, 6, 5), (1, 3, 5, 6), (2, 1, 6, 5), (0, 3, 6, 5)])
def test_wrong_shapes(case, shape):
    assert refused(case, InputError, torch.full(shape, 0.5), match=r"\(N, 3, 6, 5\)") == 0


@cases
def test_what_is_no_tensor(case):
    assert refused(case, InputError, pictures(1, SIZE).numpy(), match="ndarray") == 0


@cases
@pytest.mark.parametrize("classes", [[0, 1, 2], [[0, 1]], 4, -1, [0, 17]])
def test_wrong_classes(case, classes):
    refused(case, ParameterError, pictures(2, SIZE), match="class", goal=case.goal(classes))


@cases
@pytest.mark.parametrize("seed", [-1, 2**63])
def test_wrong_seeds(case, seed):
    assert refused(case, ParameterError, pictures(1, SIZE), match="seed", seed=seed) == 0


@cases
@pytest.mark.parametrize("budget", [0, -3, math.inf, math.nan, 2.5])
def test_wrong_budgets(case, budget):
    assert refused(case, ParameterError, pictures(1, SIZE), match="max_queries", max_queries=budget) == 0


@cases
@pytest.mark.parametrize("shape", [(2, 3, 6, 5), (3, 6, 5)])
def test_wrong_starts(case, shape):
    assert refused(case, InputError, pictures(3, SIZE), match=r"\(", start=torch.full(shape, 0.5)) == 0


def test_labels_are_the_untargeted_goal():
    """Labels say what an image really is: wrong answers are not counted as the attack's."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(4, SIZE)
    with torch.no_grad():
        own = classifier(x).argmax(1)
    truth = own.clone()
    truth[1] = (own[1] + 1) % 4
    r = advlab.attack(classifier, x, "fgsm", eps=0.01, labels=truth)
    assert r.already.tolist() == [False, True, False, False]
    assert torch.equal(r.goal.index, truth)
    assert torch.equal(advlab.attack(classifier, x, "fgsm", eps=0.01).goal.index, own)
    assert torch.equal(advlab.attack(classifier, x, "fgsm", eps=0.01, goal=advlab.Untargeted()).goal.index, own)
    one = advlab.attack(classifier, x, "fgsm", eps=0.01, labels=2)
    assert one.goal.index.tolist() == [2, 2, 2, 2]
    with pytest.raises(ParameterError):
        advlab.attack(classifier, x, "fgsm", eps=0.01, labels=truth[:3])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.uint8])
def test_images_of_another_type(dtype):
    """Float64 and float16 images in [0, 1] are taken; grey levels are refused with the reason."""
    classifier, x = wrap(conv(SIZE), 4, SIZE), pictures(2, SIZE)
    if dtype is torch.uint8:
        with pytest.raises(InputError, match="normalises"):
            advlab.attack(classifier, (x * 255).to(dtype), "fgsm", eps=0.1)
    else:
        r = advlab.attack(classifier, x.to(dtype), "fgsm", eps=0.1)
        assert r.adversarial.dtype == torch.float32
        assert r.success.any() or not r.already.any()
