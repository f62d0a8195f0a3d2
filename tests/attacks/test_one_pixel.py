"""Differential evolution by hand: parents, children, and pixels painted one after the other."""

import torch

import advlab
from advlab.attacks.one_pixel import OnePixel
from advlab.core.randomness import Noise
from tests.attacks.test_closed_form import closed
from tests.networks import Spy, conv, pictures, wrap

SIZE = (3, 6, 5)


def test_parents_are_three_others():
    noise = Noise.of(0, pictures(4, SIZE))
    for population in (4, 9):
        found = torch.stack(OnePixel(population=population)._others(noise.at(3)))
        assert int(found.min()) == 0
        assert int(found.max()) == population - 1
        own = torch.arange(population).expand(1, 4, population)
        together = torch.cat((found, own)).sort(0).values
        assert bool((together.diff(dim=0) > 0).all())
    drawn = torch.stack(OnePixel(population=40)._others(noise)).flatten().bincount(minlength=40)
    assert int(drawn.min()) > 0


def by_hand(classifier, x, goal, genes, parents):
    """One generation of a picture: who is asked about, and who survives."""

    def image(gene):
        found = x.clone()
        for down, right, *color in gene.tolist():
            place = min(int(down * x.shape[2]), x.shape[2] - 1), min(int(right * x.shape[3]), x.shape[3] - 1)
            found[0, :, place[0], place[1]] = torch.tensor(color, dtype=x.dtype)
        return found

    def fitness(gene):
        with torch.no_grad():
            return float(goal.margin(classifier(image(gene))))

    children = [(genes[a] + 0.5 * (genes[b] - genes[c])).clamp(0, 1) for a, b, c in zip(*parents, strict=True)]
    kept = [child if fitness(child) > fitness(own) else own for own, child in zip(genes, children, strict=True)]
    return torch.cat([image(child) for child in children]), torch.stack(kept)


def test_generations_are_those_of_a_naive_loop():
    spy = Spy(conv(SIZE, dtype=torch.float64))
    classifier, x = wrap(spy, 4, SIZE), pictures(1, SIZE, 2, dtype=torch.float64)
    with torch.no_grad():
        goal = advlab.Untargeted(classifier(x).argmax(1))
    attack, noise = OnePixel(population=8, steps=3), Noise.of(0, x)
    asked = spy.remember()
    advlab.attack(classifier, x, attack, goal=goal, eps=2.0, early_stop=False)
    theirs = [images for images in asked if len(images) == 8]
    places = [noise.uniform((8, 2), draw=2 * k) for k in (0, 1)]
    colors = [noise.normal((8, 3), draw=2 * k + 1) * 0.5 + 0.5 for k in (0, 1)]
    genes = torch.stack([torch.cat(pair, 2).clamp(0, 1)[0] for pair in zip(places, colors, strict=True)], 1).double()
    for step in (1, 2, 3):
        parents = [parent[0].tolist() for parent in attack._others(noise.at(step))]
        images, genes = by_hand(classifier, x, goal, genes, parents)
        torch.testing.assert_close(theirs[step], images, rtol=0, atol=1e-12)


def test_no_more_pixels_than_allowed_whoever_is_in_the_batch():
    spy = Spy(conv(SIZE))
    x = pictures(3, SIZE)
    asked = spy.remember()
    eps = torch.tensor([1.0, 3.9, 0.5])
    advlab.attack(wrap(spy, 4, SIZE), x, "one_pixel", eps=eps, population=6, steps=2, early_stop=False)
    for images in (images for images in asked if len(images) == 18):
        count = (images != x.repeat_interleave(6, 0)).any(1).flatten(1).sum(1).reshape(3, 6)
        assert count.amax(1).tolist()[0] == 1
        assert count.amax(1).tolist()[1] <= 3
        assert count.amax(1).tolist()[2] == 0


def test_one_pixel_is_found_where_one_is_enough():
    classifier, x, exact = closed((1, 7, 5), 2, "interior", "l0", count=20)
    assert bool((exact == 1).any())
    r = advlab.attack(classifier, x, "one_pixel", eps=1.0, population=60, steps=15)
    assert torch.equal(r.success, exact == 1)
