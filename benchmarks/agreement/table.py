"""One table a network: an attack after the other, the peers' rows, then ours with the verdict."""

import time
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

import advlab

from . import decision_based, minimal, momentum, radius, score_based, sparse
from .judge import Score, judged, shown, verdict
from .libraries import Attack, Counted, ours
from .subjects import Subject

FAMILIES = (radius, momentum, minimal, score_based, sparse, decision_based)
_HEAD = "| attack | library | pictures | success | median size | queries | seconds | verdict |"


def report(s: Subject, chosen: list[str]) -> list[str]:
    """Print the table row by row; returns the attacks that are behind."""
    print(f"\n### {s.name}, up to {len(s.x)} pictures, {s.work} gradients of a picture a row\n\n{_HEAD}")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |", flush=True)
    behind = []
    for attack in entries(s, chosen):
        if attack.ours not in advlab.attacks.available():
            print(f"| {attack.title} | AdvLab | | | | | | not in this version |", flush=True)
            continue
        said = compared(s.first(s.affordable(attack.gradients)), attack)
        behind += [f"{s.name}, {attack.title}: {said}"] if "BEHIND" in said else []
    return behind


def entries(s: Subject, chosen: list[str]) -> Iterator[Attack]:
    """The attacks whose title begins with one of these words; all, if there are none."""
    for family in FAMILIES:
        for attack in family.attacks(s):
            if not chosen or attack.title.lower().startswith(tuple(word.lower() for word in chosen)):
                yield attack


def compared(s: Subject, attack: Attack) -> str:
    """One attack in all libraries; returns the verdict."""
    theirs: dict[str, Score] = {}
    queries: dict[str, int] = {}
    for library, peer in attack.peers.items():
        if peer.not_run:
            print(f"| {attack.title} | {library}: {peer.not_run} | | | | | | |", flush=True)
            continue
        part = s.first(max(2, round(peer.share * len(s.x))))
        asked = Counted(s.classifier).eval()
        name = f"{library} ({peer.defect})" if peer.defect else library
        seeded()
        begin = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                adversarial = peer.run(replace(part, classifier=asked))
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way, and the table says how
            said = str(error).split("\n")[0][:80].replace("|", "/")
            print(f"| {attack.title} | {name}: {type(error).__name__}, {said} | | | | | | |", flush=True)
            continue
        took = time.perf_counter() - begin
        score = judged(part, attack, adversarial)
        if not peer.ceiling:
            theirs[library], queries[library] = score, int(asked.images / len(part.x))
        print(f"| {attack.title} | {name} | {cells(attack, score, asked.images / len(part.x), took)} | |", flush=True)
    if not attack.same_queries:
        return met(s, attack, theirs, None)
    # Each peer is met with the queries that it took itself; the slow ones on the pictures that they were given.
    said = [met(s.first(len(theirs[name].good)), attack, {name: theirs[name]}, most) for name, most in queries.items()]
    return "; ".join(one for one in said if one != "ok") or "ok" if said else met(s, attack, {}, None)


def met(s: Subject, attack: Attack, theirs: dict[str, Score], most: int | None) -> str:
    """Ours on these pictures, against these peers; returns the verdict."""
    begin = time.perf_counter()
    adversarial, asked = ours(attack, s, most)
    took = time.perf_counter() - begin
    own = judged(s, attack, adversarial)
    said = verdict(attack, own, theirs)
    print(f"| {attack.title} | **AdvLab** | {cells(attack, own, asked, took)} | {said} |", flush=True)
    return said


def cells(attack: Attack, score: Score, queries: float, seconds: float) -> str:
    size = shown(attack, score.median)
    return f"{len(score.good)} | {score.success:.1%} | {size} | {queries:.0f} | {seconds:.1f}"


def seeded() -> None:
    """What the peers draw from."""
    torch.manual_seed(0)  # noqa: TID251
    np.random.seed(0)  # noqa: NPY002
