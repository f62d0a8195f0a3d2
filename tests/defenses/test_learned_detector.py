"""What a small network learns to tell apart, and from what."""

import torch

from advlab.core.features import Features
from advlab.defenses.learned_detector import LearnedDetector
from tests.defenses.drawn import digits, separation
from tests.networks import conv, pictures, wrap

SIZE = (3, 6, 5)


def test_it_learns_from_the_first_picture_that_fools_and_from_the_last():
    """Against ten signed steps up the cross-entropy, one picture at a time."""
    module, eps = conv(SIZE, 4, dtype=torch.float64), 0.05
    classifier = wrap(module, 4, SIZE)
    clean = pictures(12, SIZE, low=0.1, high=0.9, dtype=torch.float64)
    answers = classifier(clean).argmax(1)
    first, last = LearnedDetector(eps=eps)._attacked(Features(classifier), clean, answers)
    fooled = 0
    for row, (start, answer) in enumerate(zip(clean, answers, strict=True)):
        x, path = start.unsqueeze(0), []
        for _ in range(10):
            x.requires_grad_()
            (slope,) = torch.autograd.grad(torch.nn.functional.cross_entropy(module(x), answer.unsqueeze(0)), x)
            x = (x.detach() + 2.5 * eps / 10 * slope.sign()).clamp(start - eps, start + eps).clamp(0, 1)
            path.append(x)
        found = next((one for one in path if int(module(one).argmax()) != int(answer)), path[-1])
        fooled += found is not path[-1]
        torch.testing.assert_close(first[row], module[:3](found)[0])
        torch.testing.assert_close(last[row], module[:3](path[-1])[0])
    assert 2 < fooled < 12


def test_another_radius_is_another_detector():
    classifier, clean = wrap(conv(SIZE, 4), 4, SIZE), pictures(40, SIZE)
    assert LearnedDetector().wrap(classifier, clean).digest != LearnedDetector(eps=0.1).wrap(classifier, clean).digest


def test_adversarial_digits_are_told_apart():
    """From new clean ones, at six times the radius that it has learned from."""
    network, clean, new, adversarial = digits()
    guarded = LearnedDetector().wrap(network, clean)
    suspicions = [guarded.module.scoring(x)[1] for x in (new, adversarial)]
    assert separation(*suspicions) > 0.9
    assert float((guarded.judged(adversarial)[1] <= 0).float().mean()) > 0.7
    assert float((guarded.judged(new)[1] <= 0).float().mean()) < 0.15
