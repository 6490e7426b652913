"""The desk in a real browser against the real server: reviewers, partners' offices and managers at work."""

from collections.abc import Iterator

import pytest

from tests.phone.served import Served, missing, need, run_in_browser, served

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def product() -> Iterator[Served]:
    """One product for all scenarios: each hands in claims of its own."""
    need(missing())
    with served() as running:
        yield running


def test_a_reviewer_decides_every_line_of_a_claim_by_keyboard_in_either_language(product: Served) -> None:
    run_in_browser(product, "review", app="desk")


def test_a_partner_answers_what_was_sent_back_and_appeals_once_at_the_desk_and_on_a_phone(product: Served) -> None:
    run_in_browser(product, "partner", app="desk")


def test_a_manager_changes_a_mode_from_a_day_on_and_sees_the_difference_first(product: Served) -> None:
    run_in_browser(product, "rules", app="desk")


def test_a_dispatcher_makes_assigns_and_cancels_a_job(product: Served) -> None:
    run_in_browser(product, "dispatch", app="desk")


def test_a_partner_hands_in_a_claim_and_a_file_asks_for_leave_and_connects_its_system(product: Served) -> None:
    run_in_browser(product, "handing-in", "en-GB", "wide", app="desk")


def test_a_manager_pays_approves_authorises_and_sets_up_a_programme_on_a_phone_in_chinese(product: Served) -> None:
    run_in_browser(product, "managing", "zh-CN", "phone", app="desk")


@pytest.mark.parametrize(("language", "size"), [("en-GB", "wide"), ("zh-CN", "phone")])
def test_axe_finds_nothing_serious_and_no_screen_is_wider_than_its_window(
    product: Served, language: str, size: str
) -> None:
    run_in_browser(product, "accessible", language, size, app="desk")
