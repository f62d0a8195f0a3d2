"""Few pixels by scores, and baselines that know nothing of the model, at the same number of queries."""

from collections.abc import Callable

import torch
from torch import Tensor

import advlab

from .libraries import Attack, Peer, Run, art, foolbox, in_parts, torchattacks
from .subjects import Subject

_PIXELS, _SEARCHED, _GENERATIONS, _POPULATION, _DRAWS, _GROWING = 3, 20, 10, 40, 50, 300


def attacks(s: Subject) -> list[Attack]:
    """One pixel and Sparse-RS, then the baselines."""
    few = 0.2 if s.quick else s.pace
    return [
        *(one_pixel(pixels, round(few * _GENERATIONS)) for pixels in (1, _PIXELS)),
        sparse_rs(round(few * 500)),
        salt_and_pepper(round(few * _GROWING)),
        blended(round(few * _GROWING)),
        noise("linf", min(1.0, 4 * s.radii["linf"]), round(few * _DRAWS)),
        noise("l2", 4 * s.radii["l2"], round(few * _DRAWS)),
    ]


def one_pixel(pixels: int, generations: int) -> Attack:
    """ART stops a picture's search where it is fooled, and torchattacks after a generation."""
    peers = {
        "torchattacks": Peer(
            torchattacks(lambda t, m: t.OnePixel(m, pixels=pixels, steps=generations, popsize=_POPULATION)), share=0.2
        ),
    }
    if pixels == 1:
        run = art(lambda e, m: e.PixelAttack(m, th=pixels, es=1, max_iter=generations, verbose=False))
        peers["ART"] = Peer(run, share=0.1)
    parameters = {"population": _POPULATION, "steps": 10_000}
    return Attack(
        f"One pixel L0, {pixels} of them", "l0", generations, "one_pixel", parameters, peers, float(pixels),
        same_queries=True,
    )  # fmt: skip


def sparse_rs(queries: int) -> Attack:
    """No library has it: a search that begins anew every time is the floor, σ-zero sees gradients."""
    peers = {
        "new pixels each time": Peer(in_parts(again(queries))),
        "σ-zero, which sees gradients": Peer(with_gradients("sigma_zero", {"steps": 100}), ceiling=True),
    }
    return Attack(
        f"Sparse-RS L0, {_SEARCHED} pixels", "l0", 40, "sparse_rs", {"steps": queries - 1}, peers,
        float(_SEARCHED),
    )  # fmt: skip


def again(queries: int) -> Run:
    """Random pixels in black, white or pure colors, never the same ones; the first that fool."""

    def run(s: Subject) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        found, open_ = s.x.clone(), torch.ones(len(s.x), dtype=torch.bool)
        for _ in range(queries):
            place = torch.rand(len(s.x), 1, s.x[0, 0].numel(), generator=generator).argsort(2) < _SEARCHED
            color = (torch.rand(s.x.shape, generator=generator) < 0.5).to(s.x)
            tried = torch.where(place.reshape(len(s.x), 1, *s.x.shape[2:]).to(s.x.device), color, s.x)
            with torch.no_grad():
                fooled = (s.classifier(tried).argmax(1) != s.labels).cpu() & open_
            found[fooled] = tried[fooled]
            open_ &= ~fooled
        return found

    return run


def with_gradients(name: str, parameters: dict) -> Run:
    """Our own attack that sees gradients."""

    def run(s: Subject) -> Tensor:
        bare = s.classifier.module
        return advlab.attack(bare, s.x, name, norm="l0", labels=s.labels, **parameters).adversarial

    return run


def salt_and_pepper(queries: int) -> Attack:
    """Across channels in both; foolbox minimises L2."""
    peers = {"foolbox": Peer(foolbox(lambda a: a.SaltAndPepperNoiseAttack(steps=queries, across_channels=True)))}
    return growing("Salt and pepper L2", "salt_and_pepper", peers)


def blended(queries: int) -> Attack:
    """foolbox fades into one picture of noise, here into the best of some."""
    run = foolbox(lambda a: a.LinearSearchBlendedUniformNoiseAttack(directions=queries, steps=queries))
    return growing("Blended noise L2", "blended_noise", {"foolbox": Peer(run)})


def growing(title: str, name: str, peers: dict[str, Peer]) -> Attack:
    """As many draws as the queries last for."""
    return Attack(title, "l2", 40, name, {"steps": 10_000}, peers, same_queries=True)


def noise(norm: str, eps: float, draws: int) -> Attack:
    """foolbox's L2 noise as long as ours: after the box has cut it."""
    make: dict[str, Callable] = {
        "linf": lambda a: a.LinfRepeatedAdditiveUniformNoiseAttack(repeats=draws),
        "l2": lambda a: a.L2ClippingAwareRepeatedAdditiveGaussianNoiseAttack(repeats=draws),
    }
    symbol = {"linf": "L∞", "l2": "L2"}[norm]
    return Attack(
        f"Random noise {symbol}, at most 4 ε, {draws} draws", norm, 40, "random_noise", {"steps": draws},
        {"foolbox": Peer(foolbox(make[norm], eps))}, eps,
    )  # fmt: skip
