"""Other libraries take a classifier as their model, and agree with us where they should."""

import contextlib
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import advlab
from tests.networks import conv, pictures, wrap

SIZE = (3, 8, 8)


@pytest.fixture
def classifier():
    return wrap(conv(SIZE), 4, SIZE)


@pytest.fixture
def x():
    return pictures(6, SIZE)


@contextlib.contextmanager
def foreign():
    """Their warnings and their use of global generators are not ours to judge."""
    state = np.random.get_state()  # noqa: NPY002
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        yield
    np.random.set_state(state)  # noqa: NPY002


def labels_of(classifier, x):
    with torch.no_grad():
        return classifier(x).argmax(1)


def agree(ours, theirs):
    """Equal up to single precision, except where a gradient of nearly zero has two signs."""
    different = ((ours - theirs).abs() > 1e-5).float().mean()
    assert different < 0.01


def test_captum(classifier, x):
    """PEERS item 9: its loss is for probabilities; on them it is our FGSM."""
    with foreign():
        robust = pytest.importorskip("captum.robust")
        attack = robust.FGSM(lambda images: classifier(images).softmax(1), lower_bound=0.0, upper_bound=1.0)
        theirs = attack.perturb(x.clone(), epsilon=0.05, target=labels_of(classifier, x))
    ours = advlab.attack(classifier, x, "fgsm", norm="linf", eps=0.05, early_stop=False)
    moved = ours.adversarial != x
    assert moved.flatten(1).any(1).all()
    agree(ours.adversarial, theirs.detach())


def test_captum_pgd(classifier, x):
    with foreign():
        robust = pytest.importorskip("captum.robust")
        attack = robust.PGD(lambda images: classifier(images).softmax(1), lower_bound=0.0, upper_bound=1.0)
        theirs = attack.perturb(x.clone(), radius=0.04, step_size=0.01, step_num=5, target=labels_of(classifier, x))
    ours = advlab.attack(
        classifier, x, "pgd", norm="linf", eps=0.04, steps=5, step_size=0.01, random_start=False, early_stop=False
    )
    agree(ours.adversarial, theirs.detach())


def test_foolbox(classifier, x):
    with foreign():
        foolbox = pytest.importorskip("foolbox")
        model = foolbox.PyTorchModel(classifier, bounds=(0, 1), device="cpu")
        attack = foolbox.attacks.LinfPGD(steps=5, abs_stepsize=0.01, random_start=False)
        theirs = attack(model, x, labels_of(classifier, x), epsilons=0.04)[1]
    ours = advlab.attack(
        classifier, x, "pgd", norm="linf", eps=0.04, steps=5, step_size=0.01, random_start=False, early_stop=False
    )
    agree(ours.adversarial, theirs)


def test_torchattacks(classifier, x):
    with foreign():
        torchattacks = pytest.importorskip("torchattacks")
        attack = torchattacks.PGD(classifier, eps=0.04, alpha=0.01, steps=5, random_start=False)
        theirs = attack(x, labels_of(classifier, x))
    ours = advlab.attack(
        classifier, x, "pgd", norm="linf", eps=0.04, steps=5, step_size=0.01, random_start=False, early_stop=False
    )
    agree(ours.adversarial, theirs)
    assert not classifier.training


def test_art(classifier, x):
    with foreign():
        art = pytest.importorskip("art.estimators.classification")
        evasion = pytest.importorskip("art.attacks.evasion")
        model = art.PyTorchClassifier(
            classifier, loss=torch.nn.CrossEntropyLoss(), input_shape=SIZE, nb_classes=4, clip_values=(0.0, 1.0),
            device_type="cpu",
        )  # fmt: skip
        theirs = evasion.FastGradientMethod(model, eps=0.05).generate(x.numpy(), y=labels_of(classifier, x).numpy())
    ours = advlab.attack(classifier, x, "fgsm", norm="linf", eps=0.05, early_stop=False)
    agree(ours.adversarial, torch.from_numpy(theirs))


def test_a_training_loop_of_somebody_elses(classifier, x):
    """Plain PyTorch on a classifier: gradients for the pixels, none for the weights."""
    leaf = x.clone().requires_grad_()
    F.cross_entropy(classifier(leaf), labels_of(classifier, x)).backward()
    assert leaf.grad is not None
    assert all(parameter.grad is None for parameter in classifier.parameters())
