"""Names of parametrized cases: short, and printable on any terminal."""

LONGEST_NAME = 140
_LONGEST_VALUE = 30


def short_id(value: object) -> str:
    """Return the value as text, shortened, with unprintable characters spelled as U+0000."""
    if isinstance(value, bytes):
        value = value[: _LONGEST_VALUE + 1].decode("latin-1")
    text = value if isinstance(value, str) else str(value)
    spelled = "".join(
        character if character.isprintable() else f"U+{ord(character):04X}"
        for character in text[: _LONGEST_VALUE + 1]
    )
    return spelled if len(spelled) <= _LONGEST_VALUE else f"{spelled[: _LONGEST_VALUE - 3]}..."


def unreadable(names: list[str]) -> list[str]:
    """Return the beginnings of names that are too long or unprintable."""
    return [
        name[:LONGEST_NAME] for name in names if len(name) > LONGEST_NAME or not name.isprintable()
    ]
