import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

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
