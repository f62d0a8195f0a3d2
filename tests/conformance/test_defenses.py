"""What every defense must hold, whichever it is."""

import pytest
import torch

import advlab
from advlab.core.defense import Defense, Gradients, Kind
from advlab.core.randomness import fresh, question
from advlab.core.transformation import Transformation
from advlab.defenses import available
from advlab.errors import ParameterError
from tests.conformance.test_parameters import limits
from tests.networks import conv, pictures, wrap

SIZE = (3, 14, 13)
DEFENSES = list(available().items())
defenses = pytest.mark.parametrize("kind", [kind for _, kind in DEFENSES], ids=[name for name, _ in DEFENSES])
inputs = pytest.mark.parametrize(
    "kind",
    [kind for _, kind in DEFENSES if issubclass(kind, Transformation)],
    ids=[name for name, kind in DEFENSES if issubclass(kind, Transformation)],
)
CLEAN = pictures(40, SIZE, 99)
EXACT = [kind for _, kind in DEFENSES if issubclass(kind, Transformation) and kind.backward is None]
# Of a switch both values are possible.
FIELDS = [
    (name, key)
    for name, kind in DEFENSES
    for key, info in kind.model_fields.items()
    if info.annotation is float or info.annotation is int
]


def classifier(dtype=torch.float32):
    return wrap(conv(SIZE, 4, dtype=dtype), 4, SIZE)


@defenses
def test_it_says_what_it_is(kind):
    """A name, a title, a paper, and how it is differentiated."""
    defense = kind()
    assert kind.name in available()
    assert kind.title
    assert isinstance(kind.kind, Kind)
    assert "Reference" in (kind.__doc__ or "")
    assert defense.gradients
    assert all(isinstance(way, Gradients) for way in defense.gradients)
    assert defense.through.endswith(".")


@defenses
def test_a_defended_classifier_is_a_classifier(kind):
    """Same pictures, same classes, logits that are finite, another digest; the network inside is left alone."""
    bare, x = classifier(), pictures(5, SIZE)
    before = bare.digest
    for defended in (kind().wrap(bare, CLEAN), kind().known(bare, CLEAN)):
        assert (defended.labels, defended.input_size) == (bare.labels, bare.input_size)
        logits = defended(x)
        assert logits.shape == (5, 4)
        assert bool(logits.isfinite().all())
    assert kind().wrap(bare, CLEAN).digest != before
    assert kind().wrap(bare, CLEAN).digest == kind().wrap(classifier(), CLEAN).digest
    assert bare.digest == before


@defenses
def test_an_answer_does_not_depend_on_batch_mates_or_on_who_asked_before(kind):
    """The same image in another batch, and a second time."""
    defended, x = kind().wrap(classifier(torch.float64), CLEAN), pictures(5, SIZE, dtype=torch.float64)
    whole = defended(x)
    torch.testing.assert_close(defended(x[[3, 1]]), whole[[3, 1]])
    torch.testing.assert_close(defended(x), whole, rtol=0, atol=0)


@inputs
def test_pictures_stay_pictures(kind):
    """The same shape, in [0, 1] but for noise, and nothing random but by the noise that is given."""
    x = pictures(4, SIZE)
    changed = kind().apply(x, fresh(x))
    assert changed.shape == x.shape
    assert torch.equal(changed, kind().apply(x, fresh(x)))
    if kind.name != "noise":
        assert -1e-6 <= float(changed.min()) <= float(changed.max()) <= 1 + 1e-6
    with question(7, 1):
        other = kind().apply(x, fresh(x))
    assert torch.equal(changed, other) == (not kind.random)


@inputs
def test_who_knows_it_climbs_the_same_answers(kind):
    """Without randomness the two classifiers agree to the bit, and the gradient leads somewhere."""
    bare, x = classifier(), pictures(4, SIZE, low=0.1, high=0.9)
    known, deployed = kind().known(bare, CLEAN), kind().wrap(bare, CLEAN)
    if not kind.random:
        assert torch.equal(known(x), deployed(x))
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(known(x)[:, 0].sum(), x)
    assert bool((gradient.flatten(1).abs().amax(1) > 0).all())
    assert bool(gradient.isfinite().all())


@pytest.mark.parametrize("kind", EXACT, ids=[kind.name for kind in EXACT])
def test_an_exact_gradient_is_exact(kind):
    """Where a defense says that it is differentiated as it is, finite differences agree."""
    deployed, x = (
        kind().wrap(classifier(torch.float64), CLEAN),
        pictures(1, SIZE, 3, low=0.2, high=0.8, dtype=torch.float64),
    )
    x.requires_grad_()
    noise = fresh(x)
    answer = deployed.module.inner
    (gradient,) = torch.autograd.grad(answer(kind().apply(x, noise))[0, 0], x)
    with torch.no_grad():
        for place in ((0, 0, 0, 0), (0, 1, 7, 5), (0, 2, 13, 12)):
            step = torch.zeros_like(x)
            step[place] = 1e-6
            up, down = (answer(kind().apply(x + sign * step, noise))[0, 0] for sign in (1, -1))
            assert float(gradient[place]) == pytest.approx(float((up - down) / 2e-6), rel=1e-4, abs=1e-8)


@inputs
def test_averaging_is_over_fresh_draws(kind):
    """The known classifier of a random defense is the mean over its draws; more votes decide its verdict."""
    defense, bare = kind(), classifier()
    known = defense.known(bare, CLEAN)
    assert (known.votes > 1) == kind.random
    assert known.passes == defense.draws
    if not kind.random:
        return
    x = pictures(2, SIZE)
    assert Gradients.EOT in defense.gradients
    single = defense.wrap(bare, CLEAN)
    answers = []
    for number in range(200):
        with question(0, number), torch.no_grad():
            answers.append(single(x))
    spread = torch.stack(answers).std(0)
    with question(0, 1000), torch.no_grad():
        mean = known(x)
    assert bool(((mean - torch.stack(answers).mean(0)).abs() <= 5 * spread / defense.draws**0.5 + 1e-5).all())


@inputs
def test_they_compose(kind):
    """Behind another one it is still a classifier, and the outer one sees the picture first."""
    outer = available()["bit_depth"](bits=1)
    bare, x = classifier(), pictures(3, SIZE)
    both = outer.wrap(kind().wrap(bare, CLEAN))
    coarse = (x > 0.5).float()
    if not kind.random:
        torch.testing.assert_close(both(x), kind().wrap(bare, CLEAN)(coarse))
    assert both.votes == kind().wrap(bare, CLEAN).votes


@pytest.mark.parametrize("kind", [kind for _, kind in DEFENSES if kind.kind is Kind.MASKING], ids=str)
def test_masking_changes_no_answer(kind):
    """Not one; so whatever it seems to withstand, it does not."""
    bare, x = classifier(), pictures(300, SIZE)
    assert torch.equal(kind().wrap(bare, CLEAN)(x).argmax(1), bare(x).argmax(1))


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[f"{name}.{field}" for name, field in FIELDS])
def test_an_impossible_parameter_gets_a_sentence(name, field):
    """With the parameter's name, the defense's and the value."""
    kind = available()[name]
    info = kind.model_fields[field]
    assert info.title
    assert info.description
    beyond = [value - 1 for key, value in limits(info).items() if key in ("ge", "gt")]
    beyond += [value + 1 for key, value in limits(info).items() if key in ("le", "lt")]
    assert beyond, "a parameter has limits"
    for value in beyond:
        with pytest.raises(ParameterError, match=field) as found:
            kind.configured({field: value})
        assert kind.title in str(found.value)
        assert repr(value) in str(found.value)


@defenses
def test_an_unknown_parameter_gets_a_sentence(kind):
    with pytest.raises(ParameterError, match="no parameter “magic”"):
        kind.configured({"magic": 1})


@pytest.mark.parametrize("name", ["bit_depth", "rounded_logits"])
def test_what_cannot_be_climbed_is_climbed_around(name):
    """Rounding stops who follows its gradient, and not who knows it; the verdict is the deployed one's."""
    bare, x = classifier(), pictures(12, SIZE, low=0.3, high=0.7)
    defense = available()[name]()
    deployed = defense.wrap(bare, CLEAN)
    run = dict(eps=0.2, steps=20, random_start=False)  # noqa: C408
    blind = advlab.attack(deployed, x, "pgd", **run)
    knowing = advlab.attack(defense.known(bare, CLEAN), x, "pgd", judge=deployed, **run)
    assert not blind.success.any()
    assert bool((blind.zero_gradients == blind.gradients).all())
    assert knowing.success.float().mean() > 0.5
    with torch.no_grad():
        assert torch.equal(deployed(knowing.adversarial).argmax(1), knowing.label_after)


def test_a_new_file_is_all_it_takes():
    """A dummy is listed, made and found in a digest."""

    class Dummy(Transformation):
        """Nothing. Reference: none."""

        name, title = "dummy", "Dummy"

        def apply(self, x, noise):
            return x

    advlab.defenses.register(Dummy)
    try:
        assert issubclass(available()["dummy"], Defense)
        assert "dummy" in repr(Dummy().wrap(classifier(), CLEAN).module)
    finally:
        advlab.defenses.registry.remove("dummy")
