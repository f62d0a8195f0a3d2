"""Defenses over a set on the page: what is counted on, what it says, what can be taken along."""

import io
from dataclasses import replace
from html import escape

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from advlab import models
from advlab.errors import AdvlabError, InputError
from advlab.evaluation.ruling import Word
from advlab.evaluation.trial import Budget
from advlab.serving.defend import sets
from advlab.serving.defend.request import SetRequest
from advlab.serving.defend.survey import PARTS, survey
from advlab.serving.exports import shields, trials
from advlab.serving.exports.report import survey as report
from advlab.serving.figures import trials as figures
from advlab.serving.figures.colours import DARK

LABELS = tuple(map(str, range(10)))


def asked(**changes):
    values = {"picture": sets.DRAWINGS, "model": "mnist_standard", "eps": 0.3, "steps": 3, "count": 4, **changes}
    return SetRequest.checked(**values)


@pytest.fixture(scope="module")
def counted():
    shown = []
    request = asked(defenses={"scaled_logits": {}, "confidence": {}, "median": {"size": 31}}, check=True, curve=True)
    return survey(request, None, shown.append), shown


def test_rows_fill_up_and_each_has_a_verdict(counted):
    found, shown = counted
    assert [key for key, _ in found.rows] == ["none", "scaled_logits", "confidence", "median"]
    done = [one.done for one in shown]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert found.ruling("none").word is Word.NONE
    assert found.ruling("scaled_logits").word is Word.MASKED
    assert "median" in found.problems
    assert found.ruling("median") is None
    assert found.sentence.startswith("Of 2 defenses, ")
    assert found.trials["scaled_logits"].missed is not None
    assert found.trials["none"].missed is None


def test_the_curve_falls_with_the_radius(counted):
    found, _ = counted
    for key in ("none", "scaled_logits", "confidence"):
        assert sorted(found.curves[key]) == pytest.approx([0.3 * part for part in PARTS])
        points = {**found.curves[key], 0.3: found.trials[key]}
        assert found.curves[key][0.075].adaptive.correct >= points[0.3].adaptive.correct
        assert points[0.3].adaptive.correct >= found.curves[key][0.6].adaptive.correct


def test_what_can_be_taken_along_says_the_same(counted):
    found, _ = counted
    done = list(found.trials.values())
    summary = pd.read_csv(io.StringIO(trials.csv(done, found.data, Budget(asked().norm, 0.3, 3))))
    assert summary["defense"].tolist() == ["none", "scaled_logits", "confidence"]
    assert summary["adaptive"].tolist() == [trial.adaptive.correct for trial in done]
    assert (summary["adaptive_low"] <= summary["adaptive_share"]).all()
    single = pd.read_csv(io.StringIO(trials.verdicts(done, LABELS)))
    assert len(single) == 12
    fooled = single.groupby("defense")["fooled_adaptive"].sum()
    assert {key: 4 - count for key, count in fooled.items()} == dict(
        zip(summary["defense"], summary["adaptive"], strict=True)
    )


def test_the_report_opens_offline_and_says_the_same(counted):
    found, _ = counted
    page = report.html(found)
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    for key in ("none", "scaled_logits", "confidence"):
        trial, said = found.trials[key], found.ruling(key)
        assert escape(trial.contender.title) in page
        assert f"<b>{said.word.value}</b>" in page
        assert escape(said.sentence) in page
        assert f"<b>{trial.adaptive.share:.0%}</b>" in page
    assert escape(found.problems["median"]) in page, "a row that could not be counted says why"
    assert "Within smaller and larger radii" in page
    hostile = replace(found, data=replace(found.data, rule="<img src=x>"), curves={})
    page = report.html(hostile)
    assert "<img" not in page
    assert "Within smaller" not in page


def test_figures_show_the_counts(counted):
    found, _ = counted
    clean, unaware, adaptive = figures.standings(found, DARK).data
    shares = [100 * found.trials[key].adaptive.share for key in ("none", "scaled_logits", "confidence")]
    assert list(adaptive.x) == pytest.approx(shares)
    assert clean.name != unaware.name
    lines = [trace for trace in figures.radii(found, DARK).data if trace.line.dash == "solid"]
    assert len(lines) == 3
    for line in lines:
        assert (np.diff(line.y) <= 0).all()
    guarded = found.trials["confidence"]
    assert len(figures.suspicions(guarded)) == 4
    assert figures.told_apart(guarded, DARK).data
    assert sum(len(trace.x) for trace in figures.scores(guarded, DARK).data) >= 4


def test_stopped_it_keeps_what_is_there():
    seen = []
    found = survey(asked(defenses={"scaled_logits": {}}), None, seen.append, lambda: len(seen) > 0)
    assert len(found.trials["none"].fates) == 4
    assert "scaled_logits" not in found.trials


def png(shade, size=(28, 28)):
    file = io.BytesIO()
    Image.new("L", size, shade).save(file, "PNG")
    return file.getvalue()


def test_a_folder_with_a_folder_for_each_class():
    files = [(f"mine/{label}/{k}.png", png(20 * k)) for label in ("3", "7") for k in range(4)]
    brought = sets.bring(files, (1, 28, 28))
    assert brought.title == "mine"
    assert brought.images.names == ("3", "7")
    assert len(brought.images) == 8
    network = models.load("mnist_standard")
    data, calibration = sets.chosen(network, 100, brought)
    assert len(data) == 4  # half at most
    assert set(data.labels.tolist()) <= {3, 7}
    assert len(calibration(60)) == 4


def test_a_parquet_file(tmp_path):
    import pyarrow as pa  # noqa: PLC0415 - only here
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pa.table({"image": [{"bytes": png(9 * k), "path": None} for k in range(10)], "label": list(range(10))})
    pq.write_table(table, tmp_path / "x.parquet")
    brought = sets.bring([("x.parquet", (tmp_path / "x.parquet").read_bytes())], (1, 28, 28))
    assert len(brought.images) == 10
    assert brought.key != sets.bring([(f"m/{k % 2}/{k}.png", png(k)) for k in range(4)], (1, 28, 28)).key


@pytest.mark.parametrize(
    "files, sentence",
    [
        ([("a.png", png(0))], "a folder for each class"),
        ([], "a folder for each class"),
        ([("x.parquet", b"no parquet")], "cannot be read as Parquet"),
        ([("m/a/1.png", b"broken"), ("m/b/2.png", png(0))], "cannot be read"),
        ([("m/a/1.png", b"")] * 5001, "takes 5,000"),
    ],
)
def test_what_is_no_set_is_a_sentence(files, sentence):
    with pytest.raises(AdvlabError, match=sentence):
        sets.bring(files, (1, 28, 28))


def test_names_of_a_visitor_are_no_paths_of_ours():
    found = sets.bring([("m/../../../etc/1.png", png(0)), ("m/../x/2.png", png(0))], (1, 28, 28))
    assert found.images.names == ("etc", "x")


def test_a_network_that_nothing_is_drawn_for_says_so():
    with pytest.raises(InputError, match="upload"):
        sets.chosen(models.load("cifar10_standard"), 5, None)


def test_drawings_are_never_those_that_calibrate():
    network = models.load("mnist_standard")
    data, calibration = sets.chosen(network, 20, None)
    counted = data.floats(slice(None))
    others = calibration(60).cpu()
    assert len(others) == 60
    assert (counted.unsqueeze(1) - others.unsqueeze(0)).flatten(2).abs().amax(2).min() > 0.05
    assert len({image.numpy().tobytes() for image in data.images}) == 20


def test_a_link_says_how_it_is_looked_at():
    said = shields.query(asked(picture="sample:digit-7"), "set")
    assert shields.parse(said).values["view"] == "set"
    assert "view" not in shields.parse(shields.query(asked(picture="sample:digit-7"))).values
    assert shields.parse({**said, "d.view": "moon"}).problems
