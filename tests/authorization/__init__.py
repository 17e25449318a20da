"""Permissions of every operation of the API and every page and action of the admin, by role.

`table/` has the expected results, `scenario.py` the people and rows. An operation, page or action
without an expected result fails.
"""
