"""What differs between real hosts or was not verified in the references: one switch for each such fact.

The defaults are what the references hold most likely. Tests of the tool run on both settings.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


class BadSwitch(Exception):
    """No such switch, or not a value it can have."""


@dataclass(slots=True)
class Switches:
    """Set them in Python (`world.switches.name = value`) or at the test door `/_sandbox/switches`."""

    def set(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Turn several at once, all or none; returns every switch. Raises BadSwitch."""
        known = {each.name for each in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise BadSwitch(f"no switch is called {name}; there are {', '.join(sorted(known))}")
            if type(value) is not type(getattr(self, name)):
                raise BadSwitch(
                    f"{name} is {type(getattr(self, name)).__name__}, as in {getattr(self, name)!r}"
                )
        for name, value in wanted.items():
            setattr(self, name, value)
        return asdict(self)
