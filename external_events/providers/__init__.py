"""The services that the world's events come from, each behind the same interface."""
