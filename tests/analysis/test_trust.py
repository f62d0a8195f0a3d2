"""Trust in explanations: against Captum called directly and plain arithmetic, and where theory knows the answer."""

import captum.metrics
import pytest
import torch

from advlab.analysis.attribution import METHODS, Attribution, Question
from advlab.analysis.trust import infidelity, sensitivity
from advlab.core.classifier import Execution
from advlab.core.randomness import Noise
from advlab.errors import ParameterError
from tests.analysis.test_attribution import SIZE, relu_network
from tests.networks import Constant, Spy, linear, pictures, wrap

METHOD_NAMES = tuple(METHODS)


def question(classifier, **options):
    return Question(classifier, 0.2 + 0.6 * pictures(1, SIZE)[0], 1, samples=4, **options)


@pytest.fixture(name="q")
def _q():
    return question(wrap(relu_network(), 5, SIZE))


def gradient(q):
    return Attribution(q.gradients(q.images)[0], signed=True)


def changes(q, change, samples):
    """The pictures that are asked about, in their order, and what the model says of them."""
    spy = Spy(q.classifier.module)
    seen = spy.remember()
    spied = Question(wrap(spy, len(q.classifier.labels), SIZE), q.image, q.index, baseline=q.baseline, seed=q.seed)
    signed = Attribution(torch.ones(1, *SIZE[1:]), signed=True)
    infidelity(spied, signed, change=change, samples=samples)
    asked = torch.cat([batch for batch in seen if not torch.equal(batch[0], q.image)])
    return asked, q.classifier(asked).detach()[:, q.index]


@pytest.mark.parametrize("change", ["squares", "noise"])
def test_what_a_linear_network_adds_up_is_foretold_exactly(change):
    q = question(linear(SIZE, 3))
    for method in ("input_x_gradient", "integrated_gradients"):
        assert infidelity(q, METHODS[method](q), change=change).unexplained < 1e-5
    assert infidelity(q, gradient(q), change=change, slopes=True).unexplained < 1e-5
    assert infidelity(q, gradient(q), change=change).unexplained > 0.1  # a slope is no share


def test_shares_are_compared_with_the_baseline():
    q = question(linear(SIZE, 3), baseline=0.5)
    assert infidelity(q, METHODS["integrated_gradients"](q)).unexplained < 1e-5
    assert infidelity(q, METHODS["input_x_gradient"](q)).unexplained > 0.1  # whose baseline is black


@pytest.mark.parametrize("change", ["squares", "noise"])
@pytest.mark.parametrize("slopes", [False, True])
def test_it_is_what_captum_says_of_the_same_changes(change, slopes, q):
    asked, _ = changes(q, change, 20)
    moved = q.image - asked
    part = moved if slopes else (moved != 0).float() if change == "squares" else moved / q.image
    explanation = METHODS["integrated_gradients"](q)
    direct = captum.metrics.infidelity(
        q.classifier, lambda _: (part, asked), q.image.unsqueeze(0), explanation.values.unsqueeze(0), target=q.index,
        n_perturb_samples=20, normalize=True,
    )  # fmt: skip
    found = infidelity(q, explanation, change=change, slopes=slopes, samples=20)
    assert found.error == pytest.approx(float(direct), rel=1e-3)


def test_it_is_relative_to_saying_nothing(q):
    asked, said = changes(q, "squares", 30)
    falls = q.classifier(q.image.unsqueeze(0)).detach()[0, q.index] - said
    own = (METHODS["saliency"](q).values * (asked != q.image)).sum((1, 2, 3))
    even = (asked != q.image).sum((1, 2, 3)).float()
    found = infidelity(q, METHODS["saliency"](q), samples=30)
    for foretold, unexplained in ((own, found.unexplained), (even, found.even)):
        cosine = torch.nn.functional.cosine_similarity(foretold, falls, dim=0)
        assert unexplained == pytest.approx(float(1 - cosine**2), abs=1e-4)
    assert found.error == pytest.approx(float(found.unexplained * (falls**2).mean()), rel=1e-3)


def test_squares_are_a_quarter_wide_and_lie_everywhere(q):
    asked, _ = changes(q, "squares", 200)
    covered = (asked != q.image).any(1)
    assert (covered.sum((1, 2)) == 16).all()
    assert (asked[(asked != q.image)] == 0).all()
    assert covered.any(0).any(0).all()
    assert covered.any(0).any(1).all()


def test_noise_stays_in_the_range_of_pictures():
    q = Question(linear(SIZE, 2), pictures(1, SIZE)[0], 1)
    asked, _ = changes(q, "noise", 20)
    assert float(asked.min()) == 0
    assert float(asked.max()) == 1
    # What was clipped is not foretold, and not asked for.
    assert infidelity(q, gradient(q), change="noise", slopes=True).unexplained < 1e-5


def test_a_pixel_that_is_the_baseline_has_no_way_to_go_and_is_no_trouble():
    q = Question(linear(SIZE, 2), pictures(1, SIZE)[0].round(), 1)
    assert 0 <= infidelity(q, METHODS["input_x_gradient"](q), change="noise").unexplained <= 1


def test_the_scale_of_an_explanation_does_not_matter(q):
    explanation = METHODS["occlusion"](q)
    found = infidelity(q, explanation)
    for factor in (1e-30, 1e4):
        assert infidelity(q, Attribution(explanation.values * factor, True)).error == pytest.approx(
            found.error, rel=1e-3
        )
    assert found.unexplained < found.even


def test_nothing_to_say_and_nothing_to_foretell(q):
    assert infidelity(q, Attribution(torch.zeros(1, *SIZE[1:]), signed=False)).unexplained == 1
    deaf = question(wrap(Constant([0.0, 1.0]), 2, SIZE))
    found = infidelity(deaf, Attribution(torch.ones(1, *SIZE[1:]), signed=False))
    assert found.error == 0
    assert found.unexplained is None
    assert found.even is None
    assert sensitivity(deaf, METHODS["saliency"]) is None


@pytest.mark.parametrize("name", METHOD_NAMES)
def test_every_method_is_judged_the_same_again_in_whatever_chunks(name, q):
    other = question(q.classifier.with_execution(Execution(chunk=3)))
    first = infidelity(q, METHODS[name](q), samples=7)
    assert 0 <= first.unexplained <= 1
    assert first == infidelity(q, METHODS[name](q), samples=7)
    assert first.error == pytest.approx(infidelity(other, METHODS[name](q), samples=7).error, rel=1e-3)
    assert first != infidelity(question(q.classifier, seed=1), METHODS[name](q), samples=7)
    assert sensitivity(q, METHODS[name], samples=2) == sensitivity(q, METHODS[name], samples=2)


@pytest.mark.parametrize("name", METHOD_NAMES)
def test_sensitivity_is_the_largest_move_by_plain_arithmetic(name, q):
    stream = Noise.of(0, q.images).at(2)
    own, moves = METHODS[name](q).values, []
    for draw in range(3):
        near = (q.image + 0.02 * (2 * stream.uniform(SIZE, draw)[0] - 1)).clamp(0, 1)
        moves.append(
            float((METHODS[name](Question(q.classifier, near, 1, samples=4)).values - own).norm() / own.norm())
        )
    assert sensitivity(q, METHODS[name], samples=3) == pytest.approx(max(moves), rel=1e-3)


def test_sensitivity_is_captums(q):
    asked = []

    def method(one):
        asked.append(one.image)
        return METHODS["integrated_gradients"](one)

    ours = sensitivity(q, method, samples=4)
    assert torch.equal(asked[0], q.image)
    assert all(0 < float((image - q.image).abs().max()) <= 0.02 + 1e-6 for image in asked[1:])
    gradients = captum.attr.IntegratedGradients(q.classifier)
    theirs = captum.metrics.sensitivity_max(
        gradients.attribute, q.images, lambda _: torch.stack(asked[1:]), n_perturb_samples=4, target=1, n_steps=4
    )
    assert ours == pytest.approx(float(theirs), rel=1e-3)


def test_the_gradient_of_a_linear_network_stays_where_it_is():
    q = question(linear(SIZE, 3))
    assert sensitivity(q, METHODS["saliency"]) < 1e-6
    assert 0 < sensitivity(q, METHODS["input_x_gradient"]) < 0.1


def test_what_tick_raises_ends_the_work(q):
    class StopError(Exception): ...

    for after in (0, 2):
        left = [None] * after

        def tick(left=left):
            if not left:
                raise StopError
            left.pop()

        stopped = question(q.classifier.with_execution(Execution(chunk=2)), tick=tick)
        with pytest.raises(StopError):
            infidelity(stopped, gradient(q))
        left.extend([None] * after)
        with pytest.raises(StopError):
            sensitivity(stopped, METHODS["saliency"])


def test_impossible_questions_are_a_sentence(q):
    with pytest.raises(ParameterError, match="at least one sample"):
        infidelity(q, gradient(q), samples=0)
    with pytest.raises(ParameterError, match="at least one sample"):
        sensitivity(q, METHODS["saliency"], samples=0)
    with pytest.raises(ParameterError, match="without signs"):
        infidelity(q, METHODS["saliency"](q), change="noise")
