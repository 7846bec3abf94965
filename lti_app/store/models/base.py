"""What every table shares: named constraints (so a migration can drop them) and the tenant column."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lti_app.store.types import JsonDict, JsonList, UtcDateTime

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; `datetime`, `dict` and `list` annotations get our own column types."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[Any] = {
        datetime: UtcDateTime,
        dict[str, Any]: JsonDict,
        list[Any]: JsonList,
        list[str]: JsonList,
    }


class Tenant:
    """Mixin of each table whose rows belong to one district; `store/tenancy.py` guards and fills the
    column.
    """

    district_id: Mapped[int] = mapped_column(ForeignKey("districts.id"), index=True)
