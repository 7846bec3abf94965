"""What all records have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ContentType = Literal["Assignment", "WikiPage"]
ContentKey = tuple[ContentType, int]


@dataclass(slots=True, kw_only=True)
class Record:
    id: int = 0
