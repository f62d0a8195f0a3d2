"""Attacks that see the label only, at the same number of queries: ours is given as many as the peer took."""

import contextlib
import functools
import tempfile
from dataclasses import replace

import torch
from torch import Tensor, nn

from .libraries import Attack, Counted, Peer, Run, art, foolbox
from .subjects import Subject, answers

_QUERIES = 1000
# Peers that ask about one picture at a time are given this share of them.
_SLOW = 0.2


def attacks(s: Subject, queries: int = _QUERIES) -> list[Attack]:
    """What there is of each in foolbox and ART, which are not told how many queries there are but how many rounds."""
    queries = round((0.2 if s.quick else s.pace) * queries)
    return [
        Attack("HopSkipJump L2", "l2", queries, "hopskipjump", {}, _jumping("l2", queries), same_queries=True),
        Attack("HopSkipJump L∞", "linf", queries, "hopskipjump", {}, _jumping("linf", queries), same_queries=True),
        Attack("Boundary L2", "l2", queries, "boundary", {}, _walking(queries), same_queries=True),
        Attack("Sign-OPT L2", "l2", queries, "sign_opt", {}, _by_signs(queries), same_queries=True),
        Attack("GeoDA L2", "l2", queries, "geoda", {}, _planes(2, queries), same_queries=True),
        Attack("GeoDA L∞", "linf", queries, "geoda", {}, _planes("inf", queries), same_queries=True),
        Attack("Pointwise L0", "l0", queries, "pointwise", {}, _pointwise(), same_queries=True),
        Attack("SurFree L2", "l2", queries, "surfree", {"steps": queries}, {}),
        Attack("RayS L∞", "linf", queries, "rays", {"steps": queries}, {}),
    ]


def rounds(queries: int) -> int:
    """As many rounds of HopSkipJump as fit: √t times 100 probes, and some 15 other queries each."""
    spent, t = 60.0, 0
    while spent <= queries:
        t += 1
        spent += 100 * t**0.5 + 15
    return max(t - 1, 1)


def _start(attacks):  # foolbox's module of attacks
    """foolbox's way to begin from noise."""
    return attacks.LinearSearchBlendedUniformNoiseAttack(steps=50)


def _jumping(norm: str, queries: int) -> dict[str, Peer]:
    def theirs(a):
        return a.HopSkipJumpAttack(init_attack=_start(a), steps=rounds(queries), constraint=norm)

    def arts(e, m):
        return e.HopSkipJump(
            m, norm=2 if norm == "l2" else "inf", max_iter=rounds(queries), init_eval=100, max_eval=10_000,
            batch_size=128, verbose=False,
        )  # fmt: skip

    return {
        "foolbox": Peer(beginning(foolbox(theirs)), "scales its gradient over the batch"),
        "foolbox, one picture at a time": Peer(beginning(foolbox(theirs, alone=True)), share=_SLOW),
        "ART": Peer(art(arts), "differs from run to run", share=_SLOW),
    }


def _walking(queries: int) -> dict[str, Peer]:
    def theirs(a):
        return a.BoundaryAttack(init_attack=_start(a), steps=round(0.87 * queries))

    def arts(e, m):
        return e.BoundaryAttack(m, targeted=False, max_iter=max(1, queries // 40), init_size=50, verbose=False)

    return {"foolbox": Peer(beginning(foolbox(theirs))), "ART": Peer(art(arts), share=_SLOW / 2)}


def _by_signs(queries: int) -> dict[str, Peer]:
    def arts(e, m):
        return e.SignOPTAttack(m, targeted=False, query_limit=queries, num_trial=20)

    return {"ART": Peer(art(arts), share=_SLOW / 2)}


def _planes(norm: object, queries: int) -> dict[str, Peer]:
    def arts(e, m):
        return e.GeoDA(m, norm=norm, max_iter=queries, batch_size=128, verbose=False)

    return {"ART": Peer(elsewhere(art(arts)), share=_SLOW)}


def _pointwise() -> dict[str, Peer]:
    def theirs(a):
        return a.PointwiseAttack(init_attack=a.SaltAndPepperNoiseAttack(steps=50), l2_binary_search=False)

    return {"foolbox": Peer(beginning(foolbox(theirs)))}


def beginning(run: Run) -> Run:
    """Without the pictures of a class that the network sees in all noise: those stay as they are.

    Where one has no start, foolbox gives up on all of a batch. The look at the noise is not counted.
    """

    @functools.cache
    def in_noise(network: nn.Module, shape: torch.Size, device: torch.device) -> Tensor:
        return answers(network, torch.rand(200, *shape, generator=torch.Generator().manual_seed(0)).to(device))

    def started(s: Subject) -> Tensor:
        network = s.classifier.module if isinstance(s.classifier, Counted) else s.classifier
        seen = in_noise(network, s.x.shape[1:], s.x.device)
        other = (seen != s.labels.unsqueeze(1)).double().mean(1) > 0.02
        found = s.x.clone()
        if bool(other.any()):
            found[other] = run(replace(s, x=s.x[other], labels=s.labels[other])).detach()
        if isinstance(s.classifier, Counted):  # as if the others had been asked about as often
            s.classifier.images = round(s.classifier.images * len(other) / max(1, int(other.sum())))
        return found

    return started


def elsewhere(run: Run) -> Run:
    """In a folder of its own: ART's GeoDA leaves a file where it is run."""

    def there(s: Subject) -> Tensor:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            return run(s)

    return there
