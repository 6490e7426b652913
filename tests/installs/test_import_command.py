"""``fieldstone import``: what it prints, where it reports, how it ends."""

import asyncio
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from api.cli import main
from api.context import Context, role_url
from api.imports.register import KINDS

CUSTOMERS = "number,name\nC1,One\nC 2,Two\nC3,Three\n"


async def fieldstone(context: Context, *words: str | Path) -> Result:
    """Run the command as a person does, against the tests' database."""
    url = context.settings.database_url
    environment = {
        "DATABASE_URL": url,
        "FIELDSTONE_OWNER_DATABASE_URL": role_url(url, "fieldstone_owner"),
        "FIELDSTONE_DATA": context.settings.data,
    }
    arguments = [str(word) for word in words]
    return await asyncio.to_thread(lambda: CliRunner().invoke(main, arguments, env=environment))


async def told(context: Context, *words: str | Path) -> Any:
    result = await fieldstone(context, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


async def test_it_says_in_one_line_of_json_what_became_of_the_rows(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(CUSTOMERS)
    tried = await told(context, "import", "customers", path, "--dry-run")
    assert (tried["rows_read"], tried["rows_kept"], tried["rows_refused"], tried["rows_unchanged"]) == (3, 2, 1, 0)
    first = await told(context, "import", "customers", path)
    assert (first["rows_read"], first["rows_kept"], first["rows_refused"], first["rows_unchanged"]) == (3, 2, 1, 0)
    assert first["seconds"] > 0
    assert first["peak_memory_mb"] > 30
    report = await asyncio.to_thread(Path(first["refusals"]).read_text, encoding="utf-8-sig")
    assert report.splitlines()[1].startswith("3,number,C 2,")
    again = await told(context, "import", "customers", path)
    assert (again["rows_kept"], again["rows_refused"], again["rows_unchanged"]) == (0, 1, 2)


async def test_it_writes_the_report_where_it_is_asked_to(context: Context, tmp_path: Path) -> None:
    path, report = tmp_path / "customers.csv", tmp_path / "reports" / "bad.csv"
    path.write_text(CUSTOMERS)
    result = await fieldstone(context, "import", "customers", path, "--report", report)
    assert result.exit_code == 0
    assert "3 rows read, 2 kept, 0 unchanged, 1 refused" in result.output
    assert report.exists()
    path.write_text("number,name\nC1,One\n")
    clean = await told(context, "import", "customers", path)
    assert clean["refusals"] is None


async def test_a_file_that_cannot_be_used_ends_with_status_1(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("colour\nred\n")
    for words in ((), ("--dry-run",)):
        result = await fieldstone(context, "import", "customers", path, *words)
        assert result.exit_code == 1
        assert "The heading lacks number, name." in result.output
    assert (await fieldstone(context, "import", "gold", path)).exit_code == 2


async def test_its_help_names_every_kind_and_its_columns(context: Context) -> None:
    said = (await fieldstone(context, "import", "--help")).output
    for kind in KINDS.values():
        assert f"{kind.name}:" in said
        for column in kind.columns:
            assert column.name in said
