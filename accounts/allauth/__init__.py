"""The only package that depends on the internals of django-allauth.

Services call allauth through `client.call`, in the terms of its documented headless API. allauth's
own URLs are not served. Docs: docs/adr/0007-accounts.md.
"""
