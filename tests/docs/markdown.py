"""Read the code blocks of Markdown pages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

_BLOCK = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One block of commands, and the output that the page shows below it (or none)."""

    commands: str
    output: str | None


def examples(page: Path) -> Iterator[Example]:
    """Yield the `sh` blocks of a page. A `json` or `text` block that comes next is the output.

    `bash` blocks are only shown: they install or start something.
    """
    blocks = list(_BLOCK.finditer(page.read_text()))
    for block, following in zip_longest(blocks, blocks[1:]):
        if block["language"] == "sh":
            shows = following and following["language"] in {"json", "text"}
            yield Example(block["text"], following["text"] if following and shows else None)


def code_blocks(page: Path, language: str) -> list[str]:
    """Return the text of a page's code blocks in a language."""
    blocks = _BLOCK.finditer(page.read_text())
    return [block["text"] for block in blocks if block["language"] == language]
