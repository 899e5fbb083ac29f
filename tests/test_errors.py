"""Our own trouble."""

from prober.errors import ConfigError, DeliveryError


def test_a_configuration_error_carries_every_mistake() -> None:
    error = ConfigError(["a:1: x", "a:2: y"])
    assert error.mistakes == ("a:1: x", "a:2: y")
    assert str(error) == "a:1: x\na:2: y"


def test_a_delivery_error_says_whether_to_try_again() -> None:
    error = DeliveryError("busy", permanent=False, retry_after_s=2.5, status=429)
    assert (error.permanent, error.retry_after_s, error.status) == (False, 2.5, 429)
