"""Who may do what: every operation of the API and every page and action of the admin, by role.

`table/` holds the answers, `world.py` the people and rows that they are about.
An operation, page or action without an answer fails.
"""
