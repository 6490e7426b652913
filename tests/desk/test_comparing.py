"""Photos laid side by side at the desk, in a real browser: the days behind have some that were used twice."""

from collections.abc import Iterator

import pytest

from tests.phone.served import Served, missing, need, run_in_browser, served

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def product() -> Iterator[Served]:
    """One product for every run: they change nothing."""
    need(missing())
    with served(days_back=3) as running:
        yield running


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_a_reviewer_compares_a_photo_with_one_of_another_machine_by_buttons_and_keys(
    product: Served, language: str, size: str
) -> None:
    run_in_browser(product, "comparing", language, size, app="desk")
