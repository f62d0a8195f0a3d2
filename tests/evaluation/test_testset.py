import pytest
import torch

from advlab.data.sets import ImageSet
from advlab.errors import InputError, ParameterError
from advlab.evaluation import testset
from tests.evaluation.sets import image_set

SHUFFLED = [0, 2, 1, 0, 1, 2, 2, 0, 1, 0, 2, 1]


def test_the_first_pictures_of_a_shuffled_split():
    data = image_set(SHUFFLED)
    chosen = testset.choose(data, 5)
    assert chosen.rows.tolist() == [0, 1, 2, 3, 4]
    assert torch.equal(chosen.images, data.images[:5])
    assert chosen.labels.tolist() == SHUFFLED[:5]
    assert chosen.rule == "the first 5 of 12 test pictures"
    assert torch.equal(chosen.floats(slice(1, 3)), data.images[1:3].float() / 255)


@pytest.mark.parametrize("count", [None, 12, 1000])
def test_all_pictures_in_their_order(count):
    chosen = testset.choose(image_set(sorted(SHUFFLED)), count)
    assert chosen.rows.tolist() == list(range(12))
    assert chosen.rule == "all 12 test pictures"


def test_a_split_in_the_order_of_its_classes_is_drawn_from():
    labels = [k for k in range(6) for _ in range(20)]
    chosen = testset.choose(image_set(labels), 40)
    assert len(set(chosen.labels.tolist())) == 6
    assert chosen.labels.tolist() == [labels[row] for row in chosen.rows]
    assert len(set(chosen.rows.tolist())) == 40
    assert "drawn with seed 0" in chosen.rule
    again = testset.choose(image_set(labels), 40)
    assert torch.equal(chosen.rows, again.rows)
    assert chosen.digest == again.digest
    other = testset.choose(image_set(labels), 40, seed=1)
    assert not torch.equal(chosen.rows, other.rows)
    assert chosen.digest != other.digest


def test_one_class_is_in_no_order():
    assert not testset.in_order_of_classes(torch.zeros(10, dtype=torch.int64))


def test_the_digest_knows_labels_and_pixels():
    data = image_set(SHUFFLED)
    digest = testset.choose(data, 5).digest
    data.images[0, 0, 0, 0] ^= 1
    assert testset.choose(data, 5).digest != digest
    data.images[0, 0, 0, 0] ^= 1
    assert testset.choose(data, 5).digest == digest
    data.labels[3] = 1
    assert testset.choose(data, 5).digest != digest


def test_no_picture_is_a_mistake():
    with pytest.raises(ParameterError):
        testset.choose(image_set(SHUFFLED), 0)


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        (("a", "b", "c"), ("a", "b", "c"), [0, 1, 2]),
        (("C", "a", "b"), ("a", "b", "c"), [2, 0, 1]),
        (("0", "1", "10"), tuple(f"sign {k}" for k in range(11)), [0, 1, 10]),
        (("00", "01", "02"), ("x", "y", "z"), [0, 1, 2]),
        (("one", "two", "three"), ("x", "y", "z"), [0, 1, 2]),
    ],
)
def test_classes_are_numbered_as_the_network_does(theirs, ours, expected):
    data = testset.as_named(image_set([2, 0, 1, 1], theirs), ours)
    assert data.labels.tolist() == [expected[label] for label in (2, 0, 1, 1)]
    assert torch.equal(data.images, image_set([2, 0, 1, 1], theirs).images)


def test_other_classes_are_refused():
    with pytest.raises(InputError, match="3 classes"):
        testset.as_named(image_set([0, 1, 2], ("a", "b", "c")), ("x", "y"))


@pytest.mark.parametrize("labels", [torch.arange(40) % 2, torch.arange(40) // 20], ids=["shuffled", "by class"])
def test_what_is_set_apart_is_never_counted_on(labels):
    images = torch.arange(40).to(torch.uint8).reshape(40, 1, 1, 1)
    chosen, others = testset.apart(ImageSet(images, labels, ("a", "b")), 10, 25)
    counted = set(chosen.images.flatten().tolist())
    left = set((others * 255).round().int().flatten().tolist())
    assert (len(counted), len(left)) == (10, 25)
    assert not counted & left
    assert len(set(chosen.labels.tolist())) == 2
