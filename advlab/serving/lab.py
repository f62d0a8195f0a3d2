"""What the lab does with pictures: look at one with a model, attack it, or several in one batch."""

import threading
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from advlab import api, attacks, models, recorded
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal, Targeted, Untargeted
from advlab.core.request import AttackRequest
from advlab.core.result import AttackResult
from advlab.core.rounding import EightBit, give_out
from advlab.core.settings import Progress
from advlab.core.verdicts import votes
from advlab.data import pictures
from advlab.serving import crafting
from advlab.serving.outcome import Curve, Execution, Film, Look, Opinion, Outcome, Verdict
from advlab.serving.proof import prove

# Frames of the film that the page plays.
FRAMES = 24

_rates: dict[str, tuple[float, float]] = {}
_rates_lock = threading.Lock()


def taken(classifier: Classifier, picture: Image.Image, *, exact: bool) -> Tensor:
    """A picture as the model's input `(1, C, H, W)`: prepared like any photo, or pixel by pixel."""
    return classifier.as_is(picture) if exact else classifier.prepare(picture)


def look(model: str, picture: Image.Image, *, exact: bool = False) -> Look:
    """A picture as the model sees it, and what it says."""
    classifier = models.load(model)
    x = taken(classifier, picture, exact=exact)
    says = opinion(classifier, shares(classifier, x))
    query, gradient = _rate(classifier)
    return Look(_pixels((x[0] * 255).round().to(torch.uint8)), says, query, gradient, str(classifier.device))


def shares(classifier: Classifier, x: Tensor) -> Tensor:
    """Probabilities `[K]` of one image `(1, C, H, W)`, over as many votes as the model needs."""
    return votes(classifier, x).shares[0]


def run(
    request: AttackRequest,
    picture: Image.Image,
    progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    device: str | None = None,
    frames: int = FRAMES,
) -> Outcome:
    """Attack one picture and judge what is given out, on this device or on the best there is.

    Args:
        request, picture: what to attack, and how.
        progress, should_stop: as `advlab.attack` takes them.
        device: in place of the best one.
        frames: of the film; none where many results are held at once.

    Raises:
        AdvlabError: a sentence for people.
    """
    (outcome,) = run_all(request, {request.picture: picture}, progress, should_stop, device=device, frames=frames)
    return outcome


def run_all(
    request: AttackRequest,
    photos: Mapping[str, Image.Image],
    progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    device: str | None = None,
    frames: int = 0,
) -> tuple[Outcome, ...]:
    """Attack several pictures as one batch; each result is judged by itself, and has its share of the time.

    Args:
        request: what each of them is asked; the picture that it names is replaced by each one's own.
        photos: by what requests call them.
        progress, should_stop, device, frames: as in `run`; only the first picture has a film.

    Raises:
        AdvlabError: a sentence for people.
    """
    classifier = models.load(request.model, device)
    asked = [request.model_copy(update={"picture": name}) for name in photos]
    pairs = zip(asked, photos.values(), strict=True)
    x = torch.cat([taken(classifier, photo, exact=one.exact) for one, photo in pairs])
    goal: Goal = Untargeted(request.truth) if request.target is None else Targeted(request.target)
    source = crafting.source(request, classifier)
    result = api.attack(
        classifier if source is None else source,
        x,
        attacks.registry.get(request.attack).configured(request.parameters),
        norm=request.norm,
        eps=request.eps,
        goal=goal,
        seed=request.seed,
        early_stop=request.early_stop,
        max_queries=request.max_queries,
        service=request.service,
        judge=classifier,
        frames=frames,
        progress=progress,
        should_stop=should_stop,
    )
    return tuple(_outcome(one, classifier, source, x, result, place) for place, one in enumerate(asked))


def _outcome(  # noqa: PLR0917 - called once, just above
    request: AttackRequest, classifier: Classifier, source: Classifier | None, images: Tensor, result: AttackResult,
    place: int,
) -> Outcome:  # fmt: skip
    """What became of one picture of a batch."""
    rounded = give_out(classifier, images, result, place)
    x, aim = images[place : place + 1], result.goal.take(torch.tensor([place]))
    clean_shares = shares(classifier, x)
    before, after = opinion(classifier, clean_shares), opinion(classifier, rounded.shares)
    goal = int(aim.index[0])
    clean, adversarial = _pixels((x[0] * 255).round().to(torch.uint8)), _pixels(rounded.pixels)
    verdict = _verdict(request, result, place, rounded, before, after)
    png = pictures.png(adversarial, about={"advlab": request.public.model_dump_json(), "verdict": verdict.value})
    changed = rounded.norms["linf"] > 0
    proof = prove(png, clean, request, classifier, aim)
    if not proof.inside or (verdict.success and not proof.reached):
        verdict = Verdict.INVALID
    return Outcome(
        request=request,
        verdict=verdict,
        clean=clean,
        adversarial=adversarial,
        before=before,
        after=after,
        goal=_label(classifier, request.target),
        goal_before=float(clean_shares[goal]),
        goal_after=float(rounded.shares[goal]),
        similarity=_similarity(clean, adversarial),
        stopped=result.stopped,
        norms=rounded.norms,
        unrounded_norms={name: float(sizes[place]) for name, sizes in result.norms.items()},
        unrounded_success=bool(result.success[place]) and not bool(result.already[place]),
        queries=int(result.queries[place]) if source is None else int(changed),
        gradients=int(result.gradients[place]) if source is None else 0,
        seconds=result.seconds / len(images),
        device=str(classifier.device),
        drawn_start=request.target is not None and attacks.registry.get(request.attack).needs_start,
        curve=_curve(result, place),
        film=_film(result, place),
        unrounded=result.adversarial[place].float().cpu().numpy(),
        truth=_label(classifier, request.truth),
        png=png,
        execution=Execution(**recorded.execution(classifier, source), picture_digest=recorded.pixel_digest(x[0])),
        crafted=None if source is None else crafting.crafted(request, source, rounded, result, place),
        notes=result.notes,
    )


def _verdict(  # noqa: PLR0917 - called once, just above
    request: AttackRequest, result: AttackResult, place: int, rounded: EightBit, before: Opinion, after: Opinion
) -> Verdict:
    if bool(result.already[place]):
        return Verdict.ALREADY if request.target is not None else Verdict.ALREADY_WRONG
    if rounded.success:
        return Verdict.FOOLED if request.target is None else Verdict.TARGET_HIT
    if result.stopped:
        return Verdict.STOPPED
    if request.target is not None and after.index != before.index:
        return Verdict.WRONG_NOT_TARGET
    return Verdict.HELD


def _label(classifier: Classifier, index: int | None) -> str | None:
    return None if index is None else classifier.labels[index]


def _film(result: AttackResult, place: int) -> Film:
    if result.film is None or place:
        _, channels, height, width = result.adversarial.shape
        return Film((), np.empty((0, height, width, channels), np.uint8))
    steps, frames = result.film.cut()
    return Film(tuple(step + 1 for step in steps), frames.permute(0, 2, 3, 1).numpy())


def opinion(classifier: Classifier, probabilities: Tensor) -> Opinion:
    """The five likeliest of probabilities `[K]`."""
    largest, indices = probabilities.topk(min(5, len(probabilities)))
    pairs = zip(indices.tolist(), largest.tolist(), strict=True)
    return Opinion(tuple((classifier.labels[index], share) for index, share in pairs), int(indices[0]))


def _pixels(image: Tensor) -> np.ndarray:
    return image.permute(1, 2, 0).cpu().numpy()


def _similarity(clean: np.ndarray, adversarial: np.ndarray) -> float:
    """Structural similarity (Wang et al., IEEE TIP 2004) of two uint8 pictures."""
    from skimage.metrics import structural_similarity  # noqa: PLC0415 - slow to import

    window = min(7, *clean.shape[:2])
    window -= 1 - window % 2
    if window < 3:
        return float(np.array_equal(clean, adversarial))
    value = structural_similarity(clean, adversarial, win_size=window, channel_axis=2)  # type: ignore[no-untyped-call]
    return float(value)


def _curve(result: AttackResult, place: int) -> Curve:
    own, rival, queries = (
        result.trace.column(name)[:, place : place + 1].flatten() for name in ("own", "rival", "queries")
    )
    if len(own) == 0 or bool(own.isnan().any()):
        return Curve()
    return Curve(tuple(own.tolist()), tuple(rival.tolist()), tuple(queries.tolist()))


def _rate(classifier: Classifier) -> tuple[float, float]:
    """Seconds for a query and for a gradient of one image, measured once a model."""
    with _rates_lock:
        if classifier.digest not in _rates:
            x = torch.zeros(1, *classifier.input_size, device=classifier.device)
            _rates[classifier.digest] = (
                _seconds(lambda: _query(classifier, x)),
                _seconds(lambda: _gradient(classifier, x)),
            )
        return _rates[classifier.digest]


def _query(classifier: Classifier, x: Tensor) -> None:
    with torch.no_grad():
        classifier(x).sum().item()


def _gradient(classifier: Classifier, x: Tensor) -> None:
    leaf = x.clone().requires_grad_()
    torch.autograd.grad(classifier(leaf).sum(), leaf)[0].sum().item()


def _seconds(work: Callable[[], None]) -> float:
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)
