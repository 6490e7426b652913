"""Reports at the desk, in a real browser: corrected by a partner's office, approved and withdrawn by ours."""

from collections.abc import Iterator

import pytest

from tests.phone.served import Served, missing, need, run_in_browser, served

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def product() -> Iterator[Served]:
    """One product for both languages: each run hands in a claim of its own."""
    need(missing())
    with served() as running:
        yield running


@pytest.mark.parametrize(("language", "size"), [("en-GB", "wide"), ("zh-CN", "phone")])
def test_a_report_is_corrected_by_two_people_and_withdrawn_by_a_manager(
    product: Served, language: str, size: str
) -> None:
    run_in_browser(product, "reports", language, size, app="desk")


@pytest.mark.parametrize(("language", "size"), [("en-GB", "wide"), ("zh-CN", "phone")])
def test_the_office_prints_labels_and_job_sheets_and_a_partner_those_of_its_technicians(
    product: Served, language: str, size: str
) -> None:
    run_in_browser(product, "papers", language, size, app="desk")


@pytest.mark.parametrize(("language", "size"), [("en-GB", "wide"), ("zh-CN", "phone")])
def test_the_office_keys_in_a_job_sheet_that_came_back_on_paper(product: Served, language: str, size: str) -> None:
    run_in_browser(product, "keying", language, size, app="desk")
