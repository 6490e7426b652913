"""``fieldstone bill-of-materials``: what the product is made of, and whether its licences are allowed."""

import sys

import click

from api.materials import Material, cyclonedx, load_licences, materials, refused


@click.command("bill-of-materials")
@click.option(
    "--format",
    "form",
    type=click.Choice(["cyclonedx", "table"]),
    default="table",
    help="A table to read, or CycloneDX 1.6 as JSON.",
)
@click.option(
    "--tools", is_flag=True, help="Also what only builds and tests the product (made with make test's environment)."
)
def bill_of_materials(form: str, tools: bool) -> None:
    """List every package of the product with version, licence and hashes, as the locks pin them.

    Exit status 1 when a licence is unknown or not in the list of api/licences.toml; the packages are named.
    """
    found = materials(tools=tools)
    if form == "cyclonedx":
        click.echo(cyclonedx(found), nl=False)
    else:
        _tell(found)
    wrong = refused(found, load_licences())
    for one in wrong:
        click.echo(f"Not allowed: {one.name} {one.version} ({one.source}), licence: {one.licence}", err=True)
    sys.exit(1 if wrong else 0)


def _tell(found: list[Material]) -> None:
    wide = (max(len(one.name) for one in found), max(len(one.version) for one in found))
    for one in found:
        click.echo(f"{one.name:<{wide[0]}}  {one.version:<{wide[1]}}  {one.source:<4}  {one.use:<7}  {one.licence}")
    click.echo(f"{len(found)} packages, {sum(len(one.hashes) for one in found):,} hashes")
