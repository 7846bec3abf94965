"""The district: one tenant of the tool."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from lti_app.store.models.base import Base


class District(Base):
    """A school district, or one school that stands for itself. A suspended one cannot launch; its data
    stays.
    """

    __tablename__ = "districts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    is_suspended: Mapped[bool] = mapped_column(default=False)
