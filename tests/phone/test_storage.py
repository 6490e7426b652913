"""What the app's storage and syncing go through on a real phone: Chromium with its own IndexedDB, locks and worker."""

from collections.abc import Iterator

import pytest

from tests.phone.served import Served, missing, need, run_in_browser, served

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def product() -> Iterator[Served]:
    """One product for all scenarios: each works as a technician of its own."""
    need(missing())
    with served(bare=True) as running:
        yield running


def test_a_phone_whose_battery_runs_out_while_saving_has_it_saved_or_visibly_not(product: Served) -> None:
    print(run_in_browser(product, "storage/killed"))


def test_two_windows_record_and_sync_at_once_and_each_line_arrives_once(product: Served) -> None:
    run_in_browser(product, "storage/two-windows")


def test_cleared_storage_is_noticed_and_nothing_seems_saved(product: Served) -> None:
    run_in_browser(product, "storage/wiped")


def test_full_storage_refuses_what_does_not_fit_and_keeps_the_rest(product: Served) -> None:
    run_in_browser(product, "storage/full")


def test_a_portal_s_page_is_not_taken_for_an_answer(product: Served) -> None:
    run_in_browser(product, "storage/portal")


def test_a_new_version_waits_for_a_yes_and_leaves_a_full_outbox_whole(product: Served) -> None:
    run_in_browser(product, "storage/update")
