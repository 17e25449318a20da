"""People and their ways in, in the admin."""

from accounts.admin import people, ways_in

__all__ = ["people", "ways_in"]
