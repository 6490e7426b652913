"""Gathers what the coverage decision needs, as one expression inside whatever statement asks."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.catalog.model import Model
from domain.installs.model import Unit
from domain.warranty.model import Contract, ContractUnit, WarrantyTerm
from domain.warranty.rules import CoverageFacts


def gathered_facts(customer_id: Any) -> ColumnElement[str]:
    """Return the facts as one JSON text, for a statement that already selects from ``unit`` and ``model``.

    ``customer_id`` is the customer whose contracts count: the one the job is done for.
    """
    terms = (
        select(
            func.json_agg(
                func.json_build_object(
                    "from_on",
                    WarrantyTerm.from_on,
                    "parts_months",
                    WarrantyTerm.parts_months,
                    "labour_months",
                    WarrantyTerm.labour_months,
                    "travel_months",
                    WarrantyTerm.travel_months,
                )
            )
        )
        .where(WarrantyTerm.model_id == Unit.model_id)
        .correlate(Unit)
        .scalar_subquery()
    )
    contracts = (
        select(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_object(
                        "number",
                        Contract.number,
                        "status",
                        Contract.status,
                        "starts_on",
                        Contract.starts_on,
                        "ends_on",
                        Contract.ends_on,
                        "covers_parts",
                        Contract.covers_parts,
                        "covers_labour",
                        Contract.covers_labour,
                        "covers_travel",
                        Contract.covers_travel,
                    ),
                    Contract.number,
                )
            )
        )
        .join(ContractUnit, ContractUnit.contract_id == Contract.id)
        .where(ContractUnit.unit_id == Unit.id, Contract.customer_id == customer_id)
        .correlate_except(Contract, ContractUnit)
        .scalar_subquery()
    )
    nothing = func.json_build_array()
    return cast(
        func.json_build_object(
            "model",
            Model.code,
            "unit_known",
            Unit.status != "unconfirmed",
            "customer_known",
            customer_id.is_not(None),
            "warranty_start_on",
            Unit.warranty_start_on,
            "warranty_end_on",
            Unit.warranty_end_on,
            "in_service_on",
            Unit.in_service_on,
            "installed_on",
            Unit.installed_on,
            "sold_on",
            Unit.sold_on,
            "terms",
            func.coalesce(terms, nothing),
            "contracts",
            func.coalesce(contracts, nothing),
        ),
        Text,
    )


async def coverage_facts(db: AsyncConnection | AsyncSession, unit_id: UUID) -> CoverageFacts | None:
    """Return what is known of a unit and its owner's contracts, or None when there is no such unit to see."""
    found = await db.scalar(
        select(gathered_facts(Unit.customer_id)).join(Model, Model.id == Unit.model_id).where(Unit.id == unit_id)
    )
    return None if found is None else msgspec.json.decode(found, type=CoverageFacts)
