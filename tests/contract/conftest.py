"""The world of the authorization tests: rows of every kind, and people in every role."""

from tests.authorization.conftest import _made, world

__all__ = ["_made", "world"]
