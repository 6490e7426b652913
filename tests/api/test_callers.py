"""Where a request without an account comes from, as far as a limit may know it."""

import pytest

from api.callers import neighbourhood


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("a-socket", ""),
        ("", ""),
    ],
)
def test_a_limit_knows_a_subscriber_however_the_address_is_written(address: str, known: str) -> None:
    assert neighbourhood(address) == known
