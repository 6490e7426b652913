"""Every kind of row that a phone may hold, and who reads many of them at once."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.kit.actor import Actor
from domain.operations.queries import op_results
from mobile_sync.catalogue_rows import CATALOGUE_ROWS
from mobile_sync.rows import ROWS

Reader = Callable[[AsyncConnection, Actor, list[UUID]], Awaitable[dict[UUID, Any]]]
READERS: dict[str, Reader] = {**ROWS, **CATALOGUE_ROWS, "op_result": op_results}
