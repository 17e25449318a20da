"""Permissions for every operation of the API and every page and action of the admin, by role.

`table/` has the expected results, `scenario.py` the people and rows. Operations, pages and actions
without an expected result fail.
"""
