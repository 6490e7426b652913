"""The technician's app in a real browser against the real server."""

from collections.abc import Iterator

import pytest

from tests.phone.served import Served, missing, need, run_in_browser, served


@pytest.fixture(scope="module")
def product() -> Iterator[Served]:
    """One product for all scenarios: each works as a technician of its own."""
    need(missing())
    with served() as running:
        yield running


def test_it_is_installed_and_starts_without_a_network_from_the_second_start_on(product: Served) -> None:
    run_in_browser(product, "install")
