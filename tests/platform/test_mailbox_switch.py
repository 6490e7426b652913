"""The demo's mailbox shows letters and PINs to anybody: nothing but ``fieldstone demo`` switches it on."""

import os
import re

import msgspec
import pytest
from click.testing import CliRunner

from api.cli import main
from api.running import environment_of
from api.settings import DEMO_MAILBOX, Settings, load_settings

URL = "postgresql+asyncpg://fieldstone_app@db.example/fieldstone"


@pytest.mark.parametrize("url", ["", URL])
def test_the_environment_of_a_product_in_use_cannot_switch_it_on(url: str) -> None:
    for value in ("true", "1", "false"):
        with pytest.raises(msgspec.ValidationError, match="only 'fieldstone demo' sets it"):
            load_settings({"DATABASE_URL": url, DEMO_MAILBOX: value})


@pytest.mark.parametrize("command", ["serve", "worker", "demo"])
def test_no_command_starts_with_it(command: str) -> None:
    result = CliRunner().invoke(main, [command], env={"DATABASE_URL": URL, DEMO_MAILBOX: "true"})
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {DEMO_MAILBOX} would show every customer's letters and PINs")


def test_the_demo_does_not_start_on_a_database_of_somebody_else() -> None:
    result = CliRunner().invoke(main, ["demo"], env={"DATABASE_URL": URL, DEMO_MAILBOX: ""})
    assert result.exit_code == 1
    assert "Remove DATABASE_URL" in result.output


@pytest.mark.parametrize("shown", [True, False])
def test_the_demo_hands_it_to_its_own_processes(shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if re.match("FIELDSTONE_|DATABASE_URL", name)]:
        monkeypatch.delenv(name)
    demo = Settings(database_url=URL, demo_mailbox=shown)
    assert load_settings(environment_of(demo)) == demo
