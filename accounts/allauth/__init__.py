"""allauth, the engine of every login path, and all that knows how it works inside.

The services ask it through `client.ask`, in the terms of its documented
headless API; allauth's own paths are not served. docs/adr/0007-accounts.md
says why.
"""
