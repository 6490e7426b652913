"""What every mapped class shares: names of constraints, and the column types of the house."""

import datetime as dt
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from domain.kit.ids import new_id


class Record(DeclarativeBase):
    """A row that remembers; what decides lives in ``rules.py``."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dt.datetime: DateTime(timezone=True),
        str: Text(),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


Pk = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
Sorted = Annotated[str, mapped_column(String(collation="C"))]
"""Text that keyset pages walk along: the same order on every machine."""
Big = Annotated[int, mapped_column(BigInteger)]
