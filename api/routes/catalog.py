"""The catalogue: what everybody works with."""

from uuid import UUID

import msgspec

from api.operation import Call, operation
from domain.catalog import queries
from domain.catalog.queries import CatalogueQuery
from domain.kit.page import Page
from domain.kit.problem import NotFound
from domain.people.access import EVERYBODY

TAG = "catalogue"


class WhichModel(msgspec.Struct, frozen=True):
    """The id of a model."""

    id: UUID


@operation(
    "GET",
    "/models",
    tag=TAG,
    by=EVERYBODY,
    query=CatalogueQuery,
    answer=Page[queries.ModelLine],
    etag=True,
    may_lag=True,
)
async def list_models(call: Call) -> object:
    """List product models by code."""
    page = call.query(CatalogueQuery)
    async with call.reading() as db:
        return await queries.models(db, page)


@operation(
    "GET",
    "/models/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=WhichModel,
    answer=queries.ModelCard,
    problems=(NotFound,),
    etag=True,
    may_lag=True,
)
async def show_model(call: Call) -> object:
    """Show a model with its components: which of them a repair may name, and whether with a designator."""
    async with call.reading() as db:
        found = await queries.model(db, call.params(WhichModel).id)
    if found is None:
        raise NotFound("There is no such model.")
    return found


@operation(
    "GET", "/parts", tag=TAG, by=EVERYBODY, query=CatalogueQuery, answer=Page[queries.PartLine], etag=True, may_lag=True
)
async def list_parts(call: Call) -> object:
    """List spare parts by number, or those whose number or name contains some words."""
    page = call.query(CatalogueQuery)
    async with call.reading() as db:
        return await queries.parts(db, page)


@operation(
    "GET",
    "/fault-codes",
    tag=TAG,
    by=EVERYBODY,
    query=CatalogueQuery,
    answer=Page[queries.FaultCodeLine],
    etag=True,
    may_lag=True,
)
async def list_fault_codes(call: Call) -> object:
    """List fault codes by code, each with its group: the codes that mean the same repair."""
    page = call.query(CatalogueQuery)
    async with call.reading() as db:
        return await queries.fault_codes(db, page)


@operation(
    "GET",
    "/labour-operations",
    tag=TAG,
    by=EVERYBODY,
    query=CatalogueQuery,
    answer=Page[queries.LabourOperationLine],
    etag=True,
    may_lag=True,
)
async def list_labour_operations(call: Call) -> object:
    """List labour operations with their standard minutes."""
    page = call.query(CatalogueQuery)
    async with call.reading() as db:
        return await queries.labour_operations(db, page)
