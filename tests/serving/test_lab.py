"""A run on one picture: what is claimed is what the given-out pixels do."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

import advlab
from advlab import models
from advlab.core.classifier import Execution
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data.samples import sample
from advlab.serving import lab, proof
from advlab.serving.outcome import Outcome, Verdict, percent, sentence

MODEL = "efficientnet_lite0"


def attacked(picture: str = "coffee", **changes: object) -> Outcome:
    plain = {"picture": f"sample:{picture}", "model": MODEL, "attack": "pgd", "norm": Norm.LINF, "eps": 2 / 255}
    return lab.run(AttackRequest(**{**plain, "parameters": {"steps": 8}, **changes}), sample(picture).picture())


def label_of(pixels: np.ndarray) -> int:
    x = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    return int(models.load(MODEL)(x).argmax())


# A search for the smallest change, the cheapest of them.
SMALLEST = {"attack": "ddn", "norm": Norm.L2, "eps": None, "parameters": {"steps": 30}}
CASES = {
    "pgd": {},
    "pgd l2": {"norm": Norm.L2, "eps": 1.0},
    "pgd to a target": {"target": 817, "eps": 4 / 255, "parameters": {"steps": 20}},
    "half a level": {"eps": 0.5 / 255},
    "two and a half levels": {"eps": 2.5 / 255},
    "ddn": SMALLEST,
    "square": {"attack": "square", "eps": 8 / 255, "parameters": {"steps": 30}},
}


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_the_claim_is_about_the_pixels_that_are_given_out(changes: dict[str, object]) -> None:
    outcome = attacked(**changes)
    request = outcome.request
    assert outcome.adversarial.dtype == np.uint8
    assert label_of(outcome.adversarial) == outcome.after.index
    assert label_of(outcome.clean) == outcome.before.index
    wanted = outcome.after.index == request.target if request.target else outcome.after.index != outcome.before.index
    delta = (outcome.adversarial.astype(float) - outcome.clean) / 255
    size = np.abs(delta).max() if request.norm is Norm.LINF else np.sqrt((delta**2).sum())
    assert outcome.norms[request.norm] == pytest.approx(size, rel=1e-4, abs=1e-7)
    if request.eps is not None:
        assert size <= request.eps * (1 + 1e-5) + 1e-7
    assert outcome.verdict.success == wanted


def test_half_a_level_cannot_be_saved_and_says_so() -> None:
    outcome = attacked(eps=0.5 / 255, parameters={"steps": 20})
    assert outcome.verdict is Verdict.HELD
    assert np.array_equal(outcome.adversarial, outcome.clean)
    if outcome.unrounded_success:
        assert "between whole pixel values" in sentence(outcome)


def test_a_minimal_perturbation_grows_until_it_survives_rounding() -> None:
    outcome = attacked("cat", **SMALLEST)
    assert outcome.verdict is Verdict.FOOLED
    assert outcome.norms["l2"] >= outcome.unrounded_norms["l2"] * 0.999


def test_already_at_the_target_is_said_and_left_alone() -> None:
    espresso = attacked().before.index
    outcome = attacked(target=espresso)
    assert outcome.verdict is Verdict.ALREADY
    assert np.array_equal(outcome.adversarial, outcome.clean)
    assert outcome.queries == 0


def test_stop_gives_what_was_found() -> None:
    asked = []
    outcome = lab.run(
        AttackRequest(picture="sample:coffee", model=MODEL, attack="pgd", norm=Norm.LINF, eps=0.1 / 255),
        sample("coffee").picture(),
        should_stop=lambda: asked.append(1) or len(asked) > 4,
    )
    assert outcome.verdict is Verdict.STOPPED
    assert 0 < outcome.queries < 21


def test_the_same_request_gives_the_same_pixels() -> None:
    assert np.array_equal(attacked().adversarial, attacked().adversarial)
    assert not np.array_equal(attacked().adversarial, attacked(seed=1).adversarial)


def test_nearly_sure_is_never_written_as_sure() -> None:
    assert percent(0.99999) == ">99.9%"
    assert percent(0.00001) == "<0.1%"
    assert percent(0.951) == "95.1%"


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_every_verdict_is_a_sentence(changes: dict[str, object]) -> None:
    text = sentence(attacked(**changes))
    assert text[0].isupper()
    assert text.endswith(".")


def test_a_minimal_perturbation_still_fools_in_another_layout() -> None:
    """The smallest points lie on the boundary; they must not hang on the last bit of one execution."""
    ours = models.load(MODEL)
    plain = ours.with_execution(Execution(channels_last=False))
    x = torch.cat([ours.prepare(sample(name).picture()) for name in ("coffee", "cat")])
    r = advlab.attack(ours, x, "ddn", steps=30)
    assert r.success.all()
    assert torch.equal(plain(r.adversarial.contiguous()).argmax(1), r.label_after)


def test_a_truth_makes_a_wrong_answer_already_wrong() -> None:
    outcome = attacked(truth=817)
    assert outcome.verdict is Verdict.ALREADY_WRONG
    assert (outcome.queries, outcome.changed) == (0, False)
    assert "It is sports car" in sentence(outcome)
    right = attacked(truth=attacked().before.index)
    assert right.verdict is Verdict.FOOLED


def test_the_film_shows_the_run_to_its_last_step() -> None:
    outcome = attacked()
    assert outcome.film.steps == tuple(range(1, len(outcome.curve.own) + 1))
    assert outcome.film.frames.shape == (len(outcome.film.steps), *outcome.clean.shape)
    assert np.abs(outcome.film.frames.astype(int) - outcome.clean).max() <= 2


def test_the_file_is_opened_again_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = attacked()
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(outcome.png))), outcome.adversarial)
    clean = Image.fromarray(outcome.clean)
    lossy = lab.pictures.png
    monkeypatch.setattr(lab.pictures, "png", lambda pixels, about: lossy(np.asarray(clean), about=about))
    assert attacked().verdict is Verdict.INVALID
    louder = np.clip(outcome.adversarial.astype(int) + np.sign(outcome.adversarial.astype(int) - outcome.clean), 0, 255)
    monkeypatch.setattr(lab.pictures, "png", lambda pixels, about: lossy(louder.astype(np.uint8), about=about))
    assert attacked().verdict is Verdict.INVALID


@pytest.mark.parametrize("norm", list(Norm))
def test_the_proof_measures_by_itself(norm: Norm) -> None:
    outcome = attacked()
    measured = proof._size((outcome.adversarial.astype(float) - outcome.clean) / 255, norm)
    assert measured == pytest.approx(outcome.norms[norm], rel=1e-5)
