"""The scenario of the authorization tests."""

from tests.authorization.conftest import _scenario, scenario

__all__ = ["_scenario", "scenario"]
