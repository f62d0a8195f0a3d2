"""The official AutoAttack is in nobody's requirements: set ADVLAB_AUTOATTACK to a clone of it to run these."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from advlab.errors import InputError, ThreatError
from advlab.evaluation.cascade import cascade
from advlab.evaluation.official import Official
from advlab.evaluation.running import Running
from tests import networks
from tests.evaluation.sets import answered

CLONE = os.environ.get("ADVLAB_AUTOATTACK")
official = pytest.mark.skipif(not CLONE, reason="ADVLAB_AUTOATTACK names no clone of the official AutoAttack")
SIZE = (1, 8, 8)


@pytest.fixture
def classifier():
    return networks.wrap(networks.conv(SIZE, classes=10, gain=1.0), 10, SIZE)


@official
@pytest.mark.slow
def test_stage_by_stage_is_one_call_of_theirs(classifier):
    data = answered(classifier, 12, wrong=(3,), size=SIZE)
    ours = Official(Path(CLONE), classifier, norm="linf", eps=0.02)
    ours._attack.square.n_queries = 200
    ours._attack.fab.n_iter = 20
    found = cascade(ours, data, Running(batch=5))
    theirs = sys.modules["autoattack"].AutoAttack(
        classifier, norm="Linf", eps=0.02, seed=0, verbose=False, version="standard", device="cpu"
    )
    theirs.square.n_queries = 200
    theirs.fab.n_iter = 20
    with torch.random.fork_rng([]):
        _, answers = theirs.run_standard_evaluation(data.floats(slice(None)), data.labels, bs=5, return_labels=True)
    robust = tuple((answers == data.labels).nonzero().squeeze(1).tolist())
    assert list(found.survivors.values())[-1] == robust
    assert 0 < len(robust) < 11
    assert found.unsound == ()


@official
def test_it_is_the_standard_version_with_nine_targets(classifier):
    ours = Official(Path(CLONE), classifier, norm="linf", eps=0.02)
    assert tuple(ours._attack.attacks_to_run) == ours.stages
    assert ours._attack.apgd_targeted.n_target_classes == ours._attack.fab.n_target_classes == 9
    assert ours._attack.apgd.n_iter == ours._attack.fab.n_iter == 100
    assert ours._attack.square.n_queries == 5000
    assert ours.version.startswith("official, standard, ")


def test_a_folder_without_it_is_a_sentence(classifier, tmp_path):
    # In a process of its own: a package that was loaded once is found again without its folder.
    code = (
        "import sys; from pathlib import Path; from advlab.errors import InputError\n"
        "from advlab.evaluation.official import _package\n"
        "try: _package(Path(sys.argv[1]))\n"
        "except InputError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert said.stdout.startswith(f"There is no AutoAttack in {tmp_path}")


def test_another_package_of_the_name_is_refused(classifier, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "autoattack", type(sys)("autoattack"))
    sys.modules["autoattack"].__file__ = str(tmp_path / "elsewhere" / "autoattack" / "__init__.py")
    with pytest.raises(InputError, match="Another AutoAttack"):
        Official(tmp_path / "clone", classifier, norm="linf", eps=0.1)


def test_norms_it_does_not_have(classifier, tmp_path):
    with pytest.raises(ThreatError, match="L0"):
        Official(tmp_path, classifier, norm="l0", eps=3)
