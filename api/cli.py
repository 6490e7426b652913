"""The command line: ``fieldstone``."""

import asyncio
import sys
from functools import partial

import click
import msgspec

from api.cli_audit import audit
from api.cli_backup import backup, restore
from api.cli_claims import replay_claim
from api.cli_codes import parse_code, read_photos
from api.cli_import import import_file
from api.cli_keys import keys
from api.cli_materials import bill_of_materials
from api.cli_print import print_group
from api.cli_reports import verify_report
from api.cli_resealing import reports
from api.cli_simulate import simulate
from api.cli_year import judge_year_command
from api.settings import ROOT, load_settings
from domain.kit.problem import Problem


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="fieldstone")
def main() -> None:
    """Fieldstone: field service with a claim gate and reports that can be checked.

    Settings come from the environment: FIELDSTONE_DATA, DATABASE_URL, FIELDSTONE_PORT and others (see README).
    Without DATABASE_URL an embedded PostgreSQL is started under FIELDSTONE_DATA.
    """
    try:
        load_settings()
    except msgspec.ValidationError as wrong:
        raise click.ClickException(str(wrong)) from None


@main.command()
@click.option("--check", is_flag=True, help="Only compare with what is committed; exit 1 when they differ.")
def openapi(check: bool) -> None:
    """Write openapi/openapi.json and openapi/problems.md from the code."""
    from api.openapi import document_bytes
    from api.problems import problems_page

    wanted = {
        ROOT / "openapi" / "openapi.json": document_bytes(),
        ROOT / "openapi" / "problems.md": problems_page().encode(),
    }
    stale = [path for path, content in wanted.items() if not path.exists() or path.read_bytes() != content]
    if check and stale:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
        click.echo(f"{names} no longer fit the code: run 'fieldstone openapi' and commit them.", err=True)
        sys.exit(1)
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wanted[path])
    click.echo("The contract fits the code." if not stale else f"Written: {', '.join(path.name for path in stale)}")


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from api.migrate import upgrade
    from api.running import with_database

    with with_database(load_settings()) as settings:
        asyncio.run(upgrade(settings.owner_database_url))
    click.echo("The schema is up to date.")


@main.command()
@click.option("--host", help="Address to listen on (127.0.0.1, or FIELDSTONE_HOST).")
@click.option("--port", type=int, help="Port to listen on (8000, or FIELDSTONE_PORT).")
@click.option("--processes", type=int, help="How many API processes (1, or FIELDSTONE_PROCESSES).")
def serve(host: str | None, port: int | None, processes: int | None) -> None:
    """Serve the API and its pages, with a worker beside it."""
    from api.running import serve_all, with_options

    sys.exit(serve_all(with_options(load_settings(), host=host, port=port, processes=processes)))


@main.command()
@click.option("--port", type=int, help="Port to listen on (8000).")
@click.option(
    "--units", type=click.IntRange(2_000, 1_000_000), default=20_000, help="How many units are installed (20,000)."
)
def demo(port: int | None, units: int) -> None:
    """Fill an empty database with a believable week, say what to try, and serve it on 127.0.0.1."""
    from api.running import serve_all, with_options
    from api.trials.demo import prepare

    settings = with_options(load_settings(), host=None, port=port, processes=None)
    if settings.database_url:
        raise click.ClickException(
            "The demo has a database of its own, and shows its customers' letters and PINs to anybody. "
            "Remove DATABASE_URL, or use 'fieldstone serve'."
        )
    sys.exit(serve_all(msgspec.structs.replace(settings, demo_mailbox=True), partial(prepare, units)))


@main.command()
def worker() -> None:
    """Run background work only (reports, imports, scans under check)."""
    from api.running import work_forever

    work_forever(load_settings())


@main.command()
@click.option("--login", prompt="Login of the first admin", help="What the admin signs in with.")
@click.option("--name", prompt="Name", help="The admin's name.")
def init(login: str, name: str) -> None:
    """Migrate the database and make the first admin, who gets a link to set a password."""
    from api.running import first_admin

    try:
        link = first_admin(load_settings(), login, name)
    except (Problem, msgspec.ValidationError) as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(link)


main.add_command(parse_code)
main.add_command(read_photos)
main.add_command(import_file)
main.add_command(replay_claim)
main.add_command(keys)
main.add_command(audit)
main.add_command(verify_report)
main.add_command(reports)
main.add_command(simulate)
main.add_command(judge_year_command)
main.add_command(print_group)
main.add_command(backup)
main.add_command(restore)
main.add_command(bill_of_materials)
