"""What only tests and the demo use: the doors under /_sandbox, faults on the wire, the journal."""

from sandbox.testing.doors import blueprint

__all__ = ["blueprint"]
