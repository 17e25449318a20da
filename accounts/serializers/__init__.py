"""The shape of accounts on the wire."""
