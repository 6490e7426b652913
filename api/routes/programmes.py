"""Warranty programmes: the rule book, dated limits and modes, and which models go by them."""

from api.operation import Call, command_operation, operation
from domain.catalog import programmes as catalogue
from domain.catalog.queries import CatalogueQuery
from domain.claims import programmes
from domain.claims.rulebook import RuleBook, rule_book
from domain.kit.actor import OFFICE
from domain.kit.page import Page, PageQuery

TAG = "programmes"

command_operation("/programmes", TAG, catalogue.create_programme)
command_operation("/programmes/set", TAG, programmes.set_programme)
command_operation("/programmes/assign", TAG, catalogue.assign_programme)


@operation("GET", "/rules", tag=TAG, by=OFFICE, answer=RuleBook, etag=True)
async def show_rules(call: Call) -> object:
    """Show every rule of the gate and every limit: what it decides, its usual mode, and the mildest one allowed."""
    return rule_book()


@operation("GET", "/programmes", tag=TAG, by=OFFICE, query=PageQuery, answer=Page[catalogue.ProgrammeLine], etag=True)
async def list_programmes(call: Call) -> object:
    """List warranty programmes by code."""
    async with call.reading() as db:
        return await catalogue.programmes(db, call.query(PageQuery))


@operation(
    "GET",
    "/programmes/models",
    tag=TAG,
    by=OFFICE,
    query=CatalogueQuery,
    answer=Page[catalogue.ProgrammeModelLine],
    etag=True,
)
async def list_programme_models(call: Call) -> object:
    """List models by code with the programme each one goes by; none: every limit and mode is the gate's own."""
    async with call.reading() as db:
        return await catalogue.models(db, call.query(CatalogueQuery))


@operation(
    "GET",
    "/programmes/versions",
    tag=TAG,
    by=OFFICE,
    query=catalogue.VersionQuery,
    answer=Page[catalogue.ProgrammeVersionLine],
    etag=True,
)
async def list_programme_versions(call: Call) -> object:
    """List what a programme's limits and modes were, are and will be, the latest first, with who set them and why."""
    async with call.reading() as db:
        return await catalogue.versions(db, call.query(catalogue.VersionQuery))
