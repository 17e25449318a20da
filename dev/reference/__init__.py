"""Write the generated pages of `docs/reference/`: endpoints and errors.

    python -m dev.reference

Both pages are checked in, and a test fails if they differ from what the code says.
"""
