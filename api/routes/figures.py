"""Figures for managers."""

from api.operation import Call, operation
from domain.claims.figures import FigureQuery, Figures, figures
from domain.kit.actor import OFFICE

TAG = "figures"


@operation("GET", "/figures/claims", tag=TAG, by=OFFICE, query=FigureQuery, answer=Figures, etag=True, may_lag=True)
async def show_claim_figures(call: Call) -> object:
    """Show claims and money by rule, partner or month, of the claims submitted on some days.

    How many were accepted at once, approved, refused, wait or are paid, and the money that was asked, granted, stopped
    and paid. The worker counts every hour.
    """
    asked = call.query(FigureQuery)
    async with call.reading() as db:
        return await figures(db, asked)
