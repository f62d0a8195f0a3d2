"""The reference says what the code says, for every attack that there is."""

from pathlib import Path

import pytest

import advlab
from advlab.core import reference

kinds = pytest.mark.parametrize("kind", list(advlab.attacks.available().values()), ids=lambda kind: kind.name)


@kinds
def test_every_attack_has_a_paper_and_words_on_every_parameter(kind):
    about = reference.entry(kind)
    assert about.summary.endswith(".")
    assert about.papers, "a docstring says “Reference:”"
    assert about.links or "arXiv" not in about.papers
    assert [setting.name for setting in about.settings] == list(kind.model_fields)
    assert all(setting.limits and setting.about for setting in about.settings)
    assert about.queries > 0


def test_papers_can_be_opened():
    assert reference.linked("ICML 2020, arXiv 2003.01690.") == (
        "ICML 2020, [arXiv 2003.01690](https://arxiv.org/abs/2003.01690)."
    )


def test_the_readme_has_todays_table():
    """`python -m advlab attacks --markdown` writes it."""
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert reference.table(advlab.attacks.available()) in readme


def test_limits_and_defaults_are_the_fields():
    settings = {setting.name: setting for setting in reference.entry(advlab.attacks.available()["pgd"]).settings}
    assert settings["steps"].default == "20"
    assert settings["steps"].limits == "from 1 to 10,000"
    assert settings["step_size"].default == "automatic"
    assert settings["loss"].limits == "cross_entropy, margin, dlr, textbook"
    assert settings["random_start"].limits == "on or off"


def test_what_pages_begin_with_is_said_beside_the_default():
    settings = {setting.name: setting for setting in reference.entry(advlab.attacks.available()["square"]).settings}
    assert settings["steps"].default == "5,000"
    assert settings["steps"].offered == "500"
