"""The attacker who sees nothing of the model: its controls, its link, its result, and what makes no sense."""

from tests.pages.harness import finish, html, lab, state

LINK = {
    "v": "1", "image": "sample:digit-7", "model": "mnist_distilled", "attack": "mi_fgsm", "norm": "linf", "eps": "76.5",
    "through": "mnist_standard,mnist_pgd", "steps": "3",
}  # fmt: skip


def test_a_link_sets_it_and_the_verdict_says_where_it_was_made() -> None:
    at = finish(lab(**LINK, run="1"))
    assert not at.exception
    assert not at.info
    assert at.get_by_key("sees").value == "nothing"
    assert at.multiselect(key="sources-mnist_distilled").value == ["mnist_standard", "mnist_pgd"]
    assert at.selectbox(key="attack-nothing").value == "mi_fgsm"
    assert state(at).address["through"] == LINK["through"]
    outcome = state(at).outcome
    assert outcome.request.sources == ("mnist_standard", "mnist_pgd")
    assert "Made on Digits · standard and Digits · PGD-trained, tried once on Digits · distilled." in html(at)
    assert any("One query." in caption.value.replace("\u00a0", " ") for caption in at.caption)


def test_nothing_is_not_silently_something() -> None:
    at = lab(model="mnist_distilled", v="1")
    at.segmented_control(key="sees").set_value("nothing").run()
    assert at.selectbox(key="attack-nothing").value == "mi_fgsm"
    at.multiselect(key="sources-mnist_distilled").set_value([]).run()
    assert any("Choose at least one model" in error.value for error in at.error)
    at.button(key="run").click().run()
    assert state(at).outcome is None
    at.segmented_control(key="sees").set_value("gradient").run()
    assert not at.error


def test_what_a_link_cannot_mean_is_said_and_not_run() -> None:
    for changes, said in (
        ({"through": "mnist_distilled"}, "cannot be made on"),
        ({"through": "cifar10_pgd"}, "cannot be made on"),
        ({"attack": "hopskipjump", "norm": "l2", "eps": "none"}, "walks along the boundary"),
    ):
        at = lab(**{**{name: value for name, value in LINK.items() if name != "steps"}, **changes}, run="1")
        assert any(said in info.value for info in at.info), changes
        assert state(at).job is None
        assert state(at).outcome is None
