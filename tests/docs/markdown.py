"""Read the project's Markdown: files, code blocks, headings and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from django.conf import settings

ROOT: Path = settings.BASE_DIR
_BLOCK = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(?P<title>.+?)\s*$", re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^()\s]+)\)|(?:src|href)=\"(?P<attribute>[^\"]+)\"")
_INLINE_CODE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True)
class Example:
    """One block of commands, and the output that the page shows below it (or none)."""

    commands: str
    output: str | None


def pages() -> list[Path]:
    """Return the Markdown files of the repository: those at its top, and all in docs/."""
    return sorted(
        [*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md"), *ROOT.glob("docs/**/*.md")]
    )


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


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, spelled as GitHub spells them."""
    found: set[str] = set()
    for heading in _HEADING.finditer(_BLOCK.sub("", page.read_text())):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading["title"])
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        repeated = sum(anchor == slug or anchor.startswith(f"{slug}-") for anchor in found)
        found.add(f"{slug}-{repeated}" if slug in found else slug)
    return found


def links(page: Path) -> Iterator[str]:
    """Yield the targets of a page's relative links and pictures."""
    text = _INLINE_CODE.sub("", _BLOCK.sub("", page.read_text()))
    for link in _LINK.finditer(text):
        target = link["target"] or link["attribute"]
        if not re.match(r"[a-z]+:", target):
            yield target
