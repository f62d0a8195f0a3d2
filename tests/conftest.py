import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("ci")

# The networks here are tiny: a second thread only waits, and on a busy machine it waits long.
torch.set_num_threads(1)


BROWSER = "tests/browser/"
# Files of thousands of cases, which would keep one worker busy for minutes at the end.
LARGE = ("tests/attacks/", "tests/conformance/")


class OneBrowser(LoadScopeScheduling):
    """All of the browser's tests go to one worker: one server, one Chromium, and runs that the server has kept."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(BROWSER):
            return BROWSER
        return nodeid.partition("[" if nodeid.startswith(LARGE) else "::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneBrowser:
    """In the order of the collection, in which the browser's tests, the longest group, come first."""
    config.option.loadscopereorder = False
    return OneBrowser(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(BROWSER))


@pytest.fixture(autouse=True)
def _global_randomness_is_left_alone():
    """No call into AdvLab moves the global generators; tests build their networks without them too."""
    of_torch, of_numpy = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002 - it is what we watch
    yield
    assert torch.equal(of_torch, torch.get_rng_state()), "the global generator of PyTorch has moved"
    now = np.random.get_state()  # noqa: NPY002
    assert of_numpy[0] == now[0], "the global generator of NumPy was exchanged"
    assert np.array_equal(of_numpy[1], now[1]), "the global generator of NumPy has moved"
    assert of_numpy[2:] == now[2:], "the global generator of NumPy has moved"
