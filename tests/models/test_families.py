"""The order that people find models in, and which two belong together."""

import pytest

from advlab import models
from tests.models import throwaway


def counted(correct):
    return {"pgd": {"correct": correct, "of": 1000, "steps": 100, "restarts": 5}}


def test_the_undefended_network_leads_and_the_most_robust_follows(tmp_path, shelf):
    for name, correct in (("try_standard", 2), ("try_fast", 690), ("try_pgd", 740), ("try_noise", 30)):
        method = "standard" if name == "try_standard" else "other"
        throwaway.write(tmp_path, name, results=counted(correct), method=method)
    throwaway.write(tmp_path, "digits", family="Digits", results={})
    shelf()
    here = models.on_this_computer()
    groups = models.grouped(here.values())
    assert [card.name for card in groups["Trials"]] == ["try_standard", "try_pgd", "try_fast", "try_noise"]
    names = list(groups)
    assert names.index("Digits") < names.index("Trials") < names.index("Everyday photos · ImageNet")
    assert "efficientnet_lite0" in {card.name for card in groups["Everyday photos · ImageNet"]}
    assert list(here) == [card.name for group in groups.values() for card in group]


def test_twins_find_each_other(tmp_path, shelf):
    for name in throwaway.PAIR:
        throwaway.write(tmp_path, name)
    shelf()
    standard, robust = (models.card(name) for name in throwaway.PAIR)
    assert models.twin(standard) is robust
    assert models.twin(robust) is standard
    assert models.twin(models.card("efficientnet_lite0")) is None


@pytest.mark.parametrize(
    "changes",
    [{"twin": None}, {"twin": "try_trades"}, {"labels": ["a", "b", "c", "d"]}],
    ids=["none", "not here", "other classes"],
)
def test_without_a_fitting_twin_there_is_none(tmp_path, shelf, changes):
    throwaway.write(tmp_path, "try_standard")
    throwaway.write(tmp_path, "try_pgd", **changes)
    shelf()
    assert models.twin(models.card("try_pgd")) is None


def test_a_twin_without_weights_is_none(tmp_path, shelf):
    for name in throwaway.PAIR:
        throwaway.write(tmp_path, name)
    (tmp_path / "try_standard.safetensors").unlink()
    shelf()
    assert models.twin(models.card("try_pgd")) is None
