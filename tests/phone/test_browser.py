"""The technician's app in a real browser against the real server."""

from collections.abc import Iterator

import pytest

from tests.phone.served import Served, missing, need, run_in_browser, served

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def product() -> Iterator[Served]:
    """One product for all scenarios: each works as a technician of its own."""
    need(missing())
    with served() as running:
        yield running


def test_it_is_installed_and_starts_without_a_network_from_the_second_start_on(product: Served) -> None:
    run_in_browser(product, "install")


def test_a_whole_visit_goes_without_a_network_and_arrives_once(product: Served) -> None:
    run_in_browser(product, "visit")


def test_axe_finds_nothing_serious_on_any_screen_in_either_language(product: Served) -> None:
    run_in_browser(product, "accessible")


def test_on_a_slow_phone_and_line_it_is_small_and_soon_there(product: Served) -> None:
    print(run_in_browser(product, "quality"))


def test_the_screen_offers_a_new_version_and_changes_to_it_when_asked(product: Served) -> None:
    run_in_browser(product, "update")


def test_work_on_a_job_that_went_to_somebody_else_is_kept_and_its_fate_is_told(product: Served) -> None:
    run_in_browser(product, "conflict")
