"""Things that are found by being there."""

import pytest

from advlab.core.registry import Registry
from advlab.errors import ParameterError


def registry():
    found = Registry("advlab.core", "thing")
    for name in ("square", "pgd", "apgd"):
        found.register(name, name.upper())
    return found


def test_names_are_sorted_and_items_found():
    assert list(registry().all()) == ["apgd", "pgd", "square"]
    assert registry().get("pgd") == "PGD"


def test_a_second_one_of_a_name_is_refused():
    found = registry()
    with pytest.raises(ValueError, match="pgd"):
        found.register("pgd", "another")
    assert found.get("pgd") == "PGD"


@pytest.mark.parametrize("typo, meant", [("sqare", "square"), ("pgdd", "pgd"), ("apdg", "apgd")])
def test_the_nearest_name_is_suggested(typo, meant):
    with pytest.raises(ParameterError, match=f"Did you mean “{meant}”"):
        registry().get(typo)


def test_far_from_everything():
    with pytest.raises(ParameterError, match="There are: apgd, pgd, square") as caught:
        registry().get("zzzzzz")
    assert "Did you mean" not in str(caught.value)


def test_what_it_hands_out_is_a_copy():
    found = registry()
    found.all()["new"] = "x"
    assert "new" not in found.all()
    found.remove("pgd")
    assert "pgd" not in found.all()


def test_a_broken_module_is_not_swallowed(tmp_path, monkeypatch):
    """It must not vanish from the menu in silence, nor be taken for complete afterwards."""
    package = tmp_path / "broken_things"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("raise RuntimeError('half a file')\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = Registry("broken_things", "thing")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="half a file"):
            found.all()
