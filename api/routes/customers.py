"""Customers, for the office."""

from uuid import UUID

import msgspec

from api.operation import Call, command_operation, operation
from domain.customers import actions, queries
from domain.customers.queries import CustomerQuery
from domain.installs.queries import units_of_customer
from domain.kit.actor import OFFICE
from domain.kit.page import Page
from domain.kit.problem import NotFound

TAG = "customers"

command_operation("/customers", TAG, actions.create_customer)
command_operation("/contacts", TAG, actions.add_contact)
command_operation("/sites", TAG, actions.add_site)


class WhichCustomer(msgspec.Struct, frozen=True):
    """The id of a customer."""

    id: UUID


class CustomerSheet(msgspec.Struct, frozen=True):
    """A customer with contacts, sites and the number of units; the units themselves: GET /units?customer=."""

    customer: queries.CustomerLine
    contacts: list[queries.ContactLine]
    sites: list[queries.SiteLine]
    units: int


@operation("GET", "/customers", tag=TAG, by=OFFICE, query=CustomerQuery, answer=Page[queries.CustomerLine])
async def list_customers(call: Call) -> object:
    """List customers by number, those whose name contains some words, or whom a caller's phone number belongs to."""
    page = call.query(CustomerQuery)
    async with call.reading() as db:
        return await queries.customers(db, page)


@operation(
    "GET", "/customers/{id:uuid}", tag=TAG, by=OFFICE, params=WhichCustomer, answer=CustomerSheet, problems=(NotFound,)
)
async def show_customer(call: Call) -> object:
    """Show a customer with the people to call, the sites and how many units there are."""
    customer_id = call.params(WhichCustomer).id
    async with call.reading() as db:
        found = await queries.customer(db, customer_id)
        if found is None:
            raise NotFound("There is no such customer.")
        count = await units_of_customer(db, customer_id)
    return CustomerSheet(found.customer, found.contacts, found.sites, count)
