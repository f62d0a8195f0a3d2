"""Detectors that learn from clean pictures: one half to learn from, one half for the threshold."""

import pytest
import torch
from torch import nn

from advlab.defenses.learned_detector import LearnedDetector
from advlab.defenses.mahalanobis import Mahalanobis
from advlab.errors import InputError, ParameterError
from tests.networks import conv, linear, pictures, wrap

SIZE = (3, 6, 5)
both = pytest.mark.parametrize("detector", [Mahalanobis(), LearnedDetector()], ids=["mahalanobis", "learned"])


def bare(dtype=torch.float32):
    return wrap(conv(SIZE, 4, dtype=dtype), 4, SIZE)


@both
def test_false_alarms_on_new_pictures_are_as_chosen(detector):
    """Because the threshold is of pictures that it has not learned from: 5% of 400, within two standard deviations."""
    guarded = detector.wrap(bare(), pictures(600, SIZE))
    rejected = (guarded.judged(pictures(400, SIZE, 1))[1] <= 0).float().mean()
    assert 0.02 <= float(rejected) <= 0.08


@both
def test_the_halves_share_every_class(detector):
    """Even where the classes of the pictures come in turns; all are used, none twice."""
    classifier, clean = bare(), pictures(200, SIZE)
    answers = classifier(clean).argmax(1)
    turns = torch.cat([(answers == k).nonzero().flatten()[:10] for k in (0, 1)]).reshape(2, 10).T.flatten()
    clean = clean[turns.repeat(3)[:50]] + torch.arange(50).reshape(-1, 1, 1, 1) * 1e-6
    seen = []

    class Watched(type(detector)):
        def learned(self, network, images, answers, features):
            seen.append((images, answers, features))
            return super().learned(network, images, answers, features)

    _, _, rest = Watched().fitted(classifier, clean)
    ((half, said, features),) = seen
    for part in (half, rest):
        assert classifier(part).argmax(1).bincount(minlength=4).tolist()[:2] in ([12, 13], [13, 12], [13, 13], [12, 12])
    assert len(torch.cat((half, rest)).flatten(1).unique(dim=0)) == 50
    assert torch.equal(classifier(half).argmax(1), said)
    assert len(features) == len(half)


@both
def test_the_same_pictures_give_the_same_detector(detector):
    """To the bit; others give another, and so the digest tells them apart."""
    clean = pictures(40, SIZE)
    one, again, other = (detector.wrap(bare(), some) for some in (clean, clean, pictures(40, SIZE, 1)))
    assert one.module.threshold == again.module.threshold
    assert one.digest == again.digest
    assert len({one.digest, other.digest, bare().digest}) == 3


@both
def test_its_gradient_is_exact(detector):
    """Through the score to the picture, against finite differences; the climbed model is the deployed one."""
    deployed, known = detector.both(bare(torch.float64), pictures(60, SIZE, dtype=torch.float64))
    x = pictures(3, SIZE, 7, low=0.2, high=0.8, dtype=torch.float64).requires_grad_()
    assert torch.equal(known.judged(x)[1], deployed.judged(x)[1])
    (gradient,) = torch.autograd.grad(known.judged(x)[1].sum(), x)
    direction = pictures(3, SIZE, 8, low=-1, dtype=torch.float64)
    up, down = (deployed.judged(x.detach() + sign * 1e-6 * direction)[1] for sign in (1, -1))
    slopes = (gradient * direction).flatten(1).sum(1)
    torch.testing.assert_close(slopes, (up - down) / 2e-6, rtol=1e-5, atol=1e-6)
    assert bool((gradient.flatten(1).abs().amax(1) > 0).all())


@both
def test_in_half_precision_the_score_is_near(detector):
    """The layers are searched in bf16, the distances are not."""
    guarded, x = detector.wrap(bare(), pictures(60, SIZE)), pictures(20, SIZE, 1)
    exact = guarded.judged(x)[1]
    with torch.autocast("cpu", torch.bfloat16):
        near = guarded.judged(x)[1]
        assert guarded.module.scoring(x)[1].dtype == torch.float32
    assert float((near - exact).abs().mean()) < 0.1 * float(exact.std())


@both
def test_half_as_many_pictures_are_too_few(detector):
    with pytest.raises(InputError, match=f"{detector.title} .* at least 40 of them, and there are 39"):
        detector.wrap(bare(), pictures(39, SIZE))


@both
def test_pictures_of_one_class(detector):
    with pytest.raises(InputError, match="are all “"):
        detector.wrap(bare(), pictures(1, SIZE).expand(40, *SIZE))
    clean = pictures(40, SIZE)
    order = bare()(clean).argmax(1).argsort()
    with pytest.raises(InputError, match="are all “"):  # to learn from: the other one is for the threshold
        detector.wrap(bare(), clean[order[[0] * 39 + [39]]])


@both
def test_a_network_without_features(detector):
    with pytest.raises(ParameterError, match="does not end in a fully connected layer"):
        detector.wrap(linear(SIZE), pictures(40, SIZE))


@both
def test_before_it_has_learned_there_is_no_score(detector):
    with pytest.raises(ParameterError, match="learns from clean pictures first"):
        detector.scores(bare(), pictures(40, SIZE))


@both
def test_features_that_never_change_do_no_harm(detector):
    """A unit that is off for all clean pictures, as of a ReLU, has no scatter to divide by."""
    module = conv(SIZE, 4)
    module[0].bias.data[0], module[1] = -100.0, nn.ReLU()
    guarded = detector.wrap(wrap(module, 4, SIZE), pictures(60, SIZE))
    assert bool(guarded.judged(pictures(20, SIZE, 1))[1].isfinite().all())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this machine")
@both
def test_a_gpu_learns_the_same(detector):
    """From pictures that are not on it."""
    clean, x = pictures(60, SIZE), pictures(20, SIZE, 1)
    on_gpu = detector.wrap(wrap(conv(SIZE, 4), 4, SIZE, device="cuda"), clean).judged(x)[1]
    assert on_gpu.device.type == "cuda"
    torch.testing.assert_close(on_gpu.cpu(), detector.wrap(bare(), clean).judged(x)[1], rtol=0.02, atol=0.02)
