"""Files to take along: what is in them, and that they can be read back, whatever somebody made of them."""

import ast
import dataclasses
import io
import json
import math
import re
import runpy

import numpy as np
import pytest
import torch
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

import advlab
from advlab import models
from advlab.core.norms import Norm
from advlab.core.request import AttackRequest
from advlab.data.samples import sample
from advlab.errors import AdvlabError
from advlab.recorded import execution
from advlab.serving import lab
from advlab.serving.exports import command, files, names, report, script
from advlab.serving.exports.requests import read_request
from advlab.serving.outcome import Opinion, Outcome, Verdict, sentence
from tests.serving.requests import MODEL, requests

HOSTILE = "</script><img src=x onerror=alert(1)>\"'"
READERS = {"json": (files.as_json, json.loads), "yaml": (files.as_yaml, yaml.safe_load)}


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    request = AttackRequest(
        picture="sample:coffee", model=MODEL, attack="pgd", norm=Norm.LINF, eps=2 / 255, parameters={"steps": 6}
    )
    return lab.run(request, sample("coffee").picture())


def test_the_arrays_are_all_there_and_fit_together(outcome: Outcome) -> None:
    with np.load(io.BytesIO(files.npz(outcome)), allow_pickle=False) as arrays:
        kept = {name: arrays[name] for name in arrays.files}
    assert kept["clean"].dtype == kept["adversarial"].dtype == kept["perturbation"].dtype == np.float32
    assert kept["adversarial"].shape == (3, 224, 224)
    assert np.array_equal(kept["adversarial"], outcome.unrounded)
    assert np.array_equal((kept["clean"] * 255).round().transpose(1, 2, 0), outcome.clean)
    assert np.abs(kept["perturbation"]).max() <= 2 / 255 + 1e-6
    assert np.array_equal(kept["adversarial_8bit"], outcome.adversarial)
    assert kept["film"].dtype == np.uint8
    assert len(kept["film"]) == len(kept["film_steps"])
    assert len(kept["curve_own"]) == len(kept["curve_rival"]) == len(kept["curve_queries"]) > 0
    assert AttackRequest.model_validate_json(str(kept["request"])) == outcome.request
    assert json.loads(str(kept["execution"]))["threads"] == torch.get_num_threads()
    assert json.loads(str(kept["result"]))["verdict"] == "FOOLED"


@pytest.mark.parametrize("kind", READERS)
def test_a_result_is_plain_data_and_its_request_is_read_back(kind: str, outcome: Outcome) -> None:
    write, load = READERS[kind]
    text = write(outcome)
    plain = load(text)
    assert plain["schema"] == 1
    assert plain["execution"]["model_digest"] == models.load(MODEL).digest
    assert plain["result"]["after"][0] == {"label": outcome.after.label, "probability": outcome.after.confidence}
    assert read_request(text, f"result.{kind}") == files.complete(outcome.request)


@given(requests(), st.sampled_from(list(READERS)))
def test_every_request_survives_its_file(request_: AttackRequest, kind: str) -> None:
    text = READERS[kind][0](request_)
    assert read_request(text, f"r.{kind}") == request_
    assert read_request(text.encode(), f"R.{kind.upper()}") == request_


def test_what_is_no_number_in_json_is_left_empty(outcome: Outcome) -> None:
    odd = dataclasses.replace(outcome, similarity=math.nan, norms=outcome.norms | {"l2": math.inf})
    result = json.loads(files.as_json(odd))["result"]
    assert result["similarity"] is None
    assert result["norms"]["l2"] is None


def test_a_request_may_be_written_by_hand() -> None:
    text = "picture: sample:cat\nmodel: efficientnet_lite0\nattack: pgd\nnorm: linf\neps: 2/255\nparameters: {steps: 4}"
    request = read_request(text, "mine.yml")
    assert request.eps == 2 / 255
    assert request.parameters == {"steps": 4}


GOOD = {"picture": "sample:cat", "model": MODEL, "attack": "pgd", "norm": "linf", "eps": 0.01}
BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True))


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("", "r.yaml", "holds no request"),
        ("[1, 2]", "r.json", "holds no request"),
        ("{", "r.json", "cannot be read"),
        ("a: b: c", "r.yaml", "cannot be read"),
        (b"\xff\xfe\x00", "r.json", "cannot be read"),
        (BOMB, "r.yaml", "references"),
        ("!!python/object/apply:os.system [id]", "r.yaml", "cannot be read"),
        ("a: !!int ''", "r.yaml", "cannot be read"),
        ("a: !!timestamp x", "r.yaml", "cannot be read"),
        ("a: !!bool x", "r.yaml", "cannot be read"),
        ("[" * 15_000, "r.yaml", "nested too deeply"),
        ("{" * 15_000, "r.yaml", "nested too deeply"),
        ("- " * 15_000, "r.yaml", "nested too deeply"),
        ("? " * 15_000, "r.yaml", "nested too deeply"),
        ("[" * 30_000, "r.json", "cannot be read"),
        ("a" * 40_000, "r.yaml", "larger than 32 KB"),
        (json.dumps({"schema": 2, "request": GOOD}), "r.json", "has schema 2"),
        (json.dumps({"schema": 1}), "r.json", "holds no request"),
        (json.dumps({"request": {"1": 2} | GOOD}), "r.json", "impossible"),
        ("request: {1: 2}", "r.yaml", "holds no request"),
        (json.dumps(GOOD | {"eps": None}), "r.json", "needs a radius"),
        (json.dumps(GOOD | {"eps": "much"}), "r.json", "is no number"),
        (json.dumps(GOOD | {"eps": "1/0"}), "r.json", "is no number"),
        (json.dumps(GOOD).replace("0.01", "NaN"), "r.json", "cannot be read"),
        (json.dumps(GOOD).replace("0.01", "9" * 5000), "r.json", "cannot be read"),
        (json.dumps(GOOD | {"eps": "x" * 9000}), "r.json", "is no number"),
        (json.dumps(GOOD | {"seed": "x" * 9000}), "r.json", "xxx… is impossible"),
        (json.dumps(GOOD | {"x" * 9000: 1}), "r.json", "is impossible"),
        (json.dumps(GOOD | {"norm": "l0"}), "r.json", "works in"),
        (json.dumps(GOOD | {"attack": "pdg"}), "r.json", "Did you mean “pgd”"),
        (json.dumps(GOOD | {"parameters": {"steps": 0}}), "r.json", "at least 1"),
        (json.dumps(GOOD | {"parameters": {"stepz": 1}}), "r.json", "no parameter"),
        (json.dumps({"picture": "sample:cat"}), "r.json", "says no model"),
    ],
)
def test_what_is_no_request_is_a_sentence(text: str | bytes, name: str, words: str) -> None:
    with pytest.raises(AdvlabError, match=re.escape(words)) as caught:
        read_request(text, name)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 500


@given(st.text(max_size=300) | st.binary(max_size=300), st.sampled_from(["a.json", "a.yaml"]))
@example("request: *x", "a.yaml")
@example("? ? ? ?", "a.yaml")
@example("{? : =}", "a.yaml")
def test_no_file_is_worse_than_a_sentence(text: str | bytes, name: str) -> None:
    with pytest.raises(AdvlabError):
        read_request(text, name)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("my photo.jpg", "my-photo-pgd"),
        ("../../etc/passwd", "passwd-pgd"),
        ("C:\\pictures\\a b.png", "a-b-pgd"),
        ("", "picture-pgd"),
        ("日本.png", "picture-pgd"),
        (f"{'x' * 300}.png", f"{'x' * 40}-pgd"),
    ],
)
def test_names_of_files_are_harmless(name: str, stem: str, outcome: Outcome) -> None:
    upload = dataclasses.replace(outcome, request=outcome.request.model_copy(update={"picture": "upload:0a1b"}))
    assert names.stem(upload, name) == stem
    assert "/" not in names.picture(upload, name)
    assert names.stem(outcome, name) == "coffee-pgd"


@pytest.mark.parametrize("name", ['a"b.png', "a\\b.png", "a\nb.png", "a{b}.png", "ü€.png", '""".png', "\ud800.png"])
def test_scripts_of_odd_names_are_python(name: str, outcome: Outcome) -> None:
    odd = Opinion(((f'"""\n{HOSTILE}{{x}}', 1.0),), 0)
    upload = dataclasses.replace(
        outcome, request=outcome.request.model_copy(update={"picture": "upload:0a1b"}), before=odd
    )
    text = script.script(upload, name)
    (opened,) = [
        call.args[0].value
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "open_picture"
    ]
    assert opened == names.picture(upload, name)


def test_a_script_of_another_device_falls_back_and_says_so(outcome: Outcome) -> None:
    how = dataclasses.replace(outcome.execution, device="cuda:0", threads=8)
    text = script.script(dataclasses.replace(outcome, execution=how), "")
    assert 'device = "cuda:0" if torch.cuda.is_available() else "cpu"' in text
    assert "--device cuda:0 --threads 8" in command.cli(dataclasses.replace(outcome, execution=how), "")


def test_other_executions_are_named_in_one_sentence() -> None:
    classifier = models.load(MODEL)
    here = execution(classifier)
    assert "to the bit" in advlab.compare_execution(classifier, here)
    said = advlab.compare_execution(classifier, here | {"threads": 99, "torch": "1.0", "model_digest": "ab" * 32})
    assert f"threads 99, here {torch.get_num_threads()}" in said
    assert "torch 1.0" in said
    assert "abababababab…" in said
    assert said.endswith("not the same bits.")


def test_a_script_refuses_another_picture(outcome: Outcome, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = dataclasses.replace(outcome, request=outcome.request.model_copy(update={"picture": "upload:0a1b"}))
    monkeypatch.chdir(tmp_path)
    sample("cat").picture().save("mine.png")
    (tmp_path / "run.py").write_text(script.script(upload, "mine.png"), "utf-8")
    with pytest.raises(SystemExit, match="is another picture"):
        runpy.run_path("run.py")
    assert not (tmp_path / "mine-pgd.png").exists()


def test_a_stopped_run_says_that_its_script_goes_on(outcome: Outcome) -> None:
    stopped = dataclasses.replace(outcome, stopped=True, verdict=Verdict.STOPPED)
    assert "when it was stopped; this one goes to its end" in script.script(stopped, "")
    assert "stopped by hand" in report.html(stopped, "Coffee")


def test_the_report_refers_to_nothing_outside(outcome: Outcome) -> None:
    page = report.html(outcome, "Coffee")
    assert not re.findall(r"""(?:src|href|url|@import)\s*[=(]?\s*["']?(?!data:)\w+:""", page)
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page
    assert sentence(outcome) in page
    assert page.count("data:image/png;base64,") == 3


def test_what_strangers_wrote_is_only_text(outcome: Outcome) -> None:
    odd = dataclasses.replace(
        outcome,
        request=outcome.request.model_copy(update={"picture": "upload:0a1b", "model": f"own:{HOSTILE}"}),
        before=Opinion(((HOSTILE, 1.0), ("\0", math.nan)), 0),
        after=Opinion(((HOSTILE + "2", 0.5),), 1),
        goal=HOSTILE,
        truth=HOSTILE,
    )
    page = report.html(odd, HOSTILE, picture_name=HOSTILE, link='javascript:alert("1")')
    assert HOSTILE not in page
    assert "<img src=x" not in page
    assert page.count("<script>") == page.count("</script>") == 1
    assert "javascript:" not in page


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_report(verdict: Verdict, outcome: Outcome) -> None:
    plain = dataclasses.replace(outcome, verdict=verdict, goal="sports car", truth="espresso")
    assert verdict.value in report.html(plain, "Coffee")
    unchanged = dataclasses.replace(plain, norms=dict.fromkeys(outcome.norms, 0.0))
    assert "The attack changed nothing" in report.html(unchanged, "Coffee", link="https://example.org/lab?v=1")
