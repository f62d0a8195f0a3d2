"""The example on Home is a run that anybody can repeat, not a picture that somebody made up."""

import numpy as np
import pytest
import torch

from advlab import models
from advlab.data.samples import sample
from advlab.serving import example, lab
from advlab.serving.outcome import Verdict


def test_the_recorded_pictures_do_what_is_said_of_them() -> None:
    outcome = example.load()
    classifier = models.load(outcome.request.model)
    for pixels, said in ((outcome.clean, outcome.before), (outcome.adversarial, outcome.after)):
        shares = classifier(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255)[0].softmax(0)
        assert int(shares.argmax()) == said.index
        assert float(shares.max()) == pytest.approx(said.confidence, abs=1e-3)
    change = np.abs(outcome.adversarial.astype(int) - outcome.clean).max()
    assert change == 2
    assert outcome.norms["linf"] == pytest.approx(2 / 255, rel=1e-4)
    prepared = classifier.prepare(sample("coffee").picture())[0]
    assert np.array_equal((prepared * 255).round().to(torch.uint8).permute(1, 2, 0).numpy(), outcome.clean)


def test_the_run_can_be_repeated() -> None:
    recorded, again = example.load(), lab.run(example.REQUEST, sample("coffee").picture())
    assert recorded.request == again.request == example.REQUEST
    assert recorded.verdict is again.verdict is Verdict.FOOLED
    assert (recorded.queries, recorded.gradients) == (again.queries, again.gradients)
    assert recorded.before.label == again.before.label
    assert recorded.after.label == again.after.label
    if recorded.execution == again.execution:
        assert np.array_equal(recorded.adversarial, again.adversarial)


def test_recording_and_loading_keep_everything(tmp_path) -> None:
    example.record(tmp_path)
    loaded, shipped = example.load(tmp_path), example.load()
    assert loaded.before.label == shipped.before.label
    assert loaded.norms.keys() == shipped.norms.keys()
    assert loaded.curve.queries == shipped.curve.queries
