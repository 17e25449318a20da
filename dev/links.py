"""Find relative links of Markdown files that lead nowhere, on GitHub.

    python -m dev.links

MkDocs checks the pages of docs/ for the site; this checks README.md and the others too, their
links to code, and anchors as GitHub spells them. Exits with 1 if a link is broken.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(?P<title>.+?)\s*$", re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^()\s]+)\)|(?:src|href)=\"(?P<attribute>[^\"]+)\"")


def broken_links() -> list[str]:
    """Return `file: target` of each broken link: at the top, in docs/ and in .github/."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")]
    return [
        f"{page.relative_to(ROOT)}: {target}"
        for page in sorted(pages)
        for target in _relative_links(page)
        if _is_broken(page, target)
    ]


def _relative_links(page: Path) -> Iterator[str]:
    for link in _LINK.finditer(_CODE.sub("", page.read_text())):
        target = link["target"] or link["attribute"]
        if not re.match(r"[a-z]+:", target):
            yield target


def _is_broken(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve() if path else page
    return not found.exists() or (bool(anchor) and anchor not in _anchors(found))


@cache
def _anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    for heading in _HEADING.finditer(text):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading["title"])
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(anchor)
    return found


if __name__ == "__main__":
    broken = broken_links()
    print(*broken, sep="\n", end="\n" if broken else "", file=sys.stderr)
    sys.exit(bool(broken))
