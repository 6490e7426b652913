"""Gathers what the coverage decision needs, as one expression inside whatever statement asks."""

from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select

from domain.catalog.model import Model
from domain.installs.model import Unit
from domain.warranty.model import Contract, ContractUnit, WarrantyTerm


def json_object(**columns: Any) -> ColumnElement[Any]:
    """Return an expression that builds a JSON object from columns, by the names of a struct's fields."""
    named: list[tuple[Any, Any]] = [(literal_column(f"'{name}'"), column) for name, column in columns.items()]
    return func.json_build_object(*chain.from_iterable(named))


def json_list(rows: Select[Any], *outer: Any) -> ColumnElement[Any]:
    """Return a select of one JSON object as a JSON list, maybe empty; ``outer`` are tables of the statement around."""
    inner = rows.correlate(*outer).subquery()
    (item,) = inner.c
    return func.coalesce(select(func.json_agg(item)).scalar_subquery(), literal_column("'[]'::json"))


def gathered_facts(customer_id: Any, *outer: Any) -> ColumnElement[Any]:
    """Return the facts as one JSON object, for a statement that already selects from ``unit`` and ``model``.

    ``customer_id`` is the customer whose contracts count, a column of ``unit`` or of one of the ``outer`` tables.
    """
    terms = select(
        json_object(
            from_on=WarrantyTerm.from_on,
            parts_months=WarrantyTerm.parts_months,
            labour_months=WarrantyTerm.labour_months,
            travel_months=WarrantyTerm.travel_months,
        )
    ).where(WarrantyTerm.model_id == Unit.model_id)
    contracts = (
        select(
            json_object(
                number=Contract.number,
                status=Contract.status,
                starts_on=Contract.starts_on,
                ends_on=Contract.ends_on,
                covers_parts=Contract.covers_parts,
                covers_labour=Contract.covers_labour,
                covers_travel=Contract.covers_travel,
            )
        )
        .join_from(Contract, ContractUnit, ContractUnit.contract_id == Contract.id)
        .where(ContractUnit.unit_id == Unit.id, Contract.customer_id == customer_id)
        .order_by(Contract.number)
    )
    return json_object(
        model=Model.code,
        unit_known=Unit.status != literal_column("'unconfirmed'"),
        customer_known=customer_id.is_not(None),
        warranty_start_on=Unit.warranty_start_on,
        warranty_end_on=Unit.warranty_end_on,
        in_service_on=Unit.in_service_on,
        installed_on=Unit.installed_on,
        sold_on=Unit.sold_on,
        terms=json_list(terms, Unit),
        contracts=json_list(contracts, Unit, *outer),
    )
