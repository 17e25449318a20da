"""Checks the texts of the project by the rules in dev/styles, which have Vale's format.

Vale itself is one binary, which its packages download from a web site when they run. These few
rules need no more than this. Usage: python -m dev.prose [PATH ...]
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
STYLE = Path(__file__).parent / "styles" / "Booking"
SUFFIXES = {".md", ".py", ".txt", ".html"}
# Old texts of releases stay as they were published.
EXCLUDED = re.compile(
    r"CHANGELOG\.md|requirements.*\.txt|constraints\.txt|tests/|/migrations/|.*/letters\.txt"
)
# Code is not prose: fenced blocks, `code`, URLs, and tags of templates.
_NOT_PROSE = re.compile(r"```.*?```|`[^`\n]*`|https?://\S+|\{[%{#].*?[%}#]\}|<[^>\n]*>", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?;:\s|#*>-][^.!?;:|]*[.!?;:]?")

Line = tuple[int, str]


@cache
def rules() -> list[tuple[dict[str, Any], re.Pattern[str], str]]:
    """Return (rule, pattern, replacement) for every token of every rule."""
    found = []
    for path in sorted(STYLE.glob("*.yml")):
        rule = yaml.safe_load(path.read_text())
        flags = re.IGNORECASE if rule.get("ignorecase") else 0
        swaps = rule.get("swap") or dict.fromkeys(rule["tokens"], "")
        for token, replacement in swaps.items():
            pattern = token if rule.get("nonword") else rf"\b(?:{token})\b"
            found.append((rule, re.compile(pattern, flags), replacement))
    return found


def texts(path: Path) -> Iterator[Line]:
    """Yield (line, text) for each paragraph of a document, or each comment and string of code."""
    source = path.read_text()
    if path.suffix == ".py":
        yield from _texts_of_code(source)
    else:
        yield from _paragraphs(1, _NOT_PROSE.sub(_blank, source))


def _texts_of_code(source: str) -> Iterator[Line]:
    comment: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if line != last + 1 and comment:
            yield start, " ".join(comment)
            comment = []
        if not comment:
            start = line
        comment.append(token.string.lstrip("#").strip())
        last = line
    if comment:
        yield start, " ".join(comment)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from _paragraphs(node.lineno, _NOT_PROSE.sub(_blank, node.value))


def _paragraphs(line: int, text: str) -> Iterator[Line]:
    for paragraph in re.split(r"(\n\s*\n|\n(?=\s*[-*|#] ?))", text):
        if paragraph.strip():
            yield line, " ".join(paragraph.split())
        line += paragraph.count("\n")


def _blank(match: re.Match[str]) -> str:
    """Replace code by a word, and keep its line breaks."""
    return "Code" + "\n" * match[0].count("\n")


def faults(path: Path) -> Iterator[str]:
    for line, text in texts(path):
        for rule, pattern, replacement in rules():
            parts = _SENTENCE.findall(text) if rule.get("scope") == "sentence" else [text]
            for match in filter(None, (pattern.search(part.strip()) for part in parts)):
                words = (replacement, match[0]) if replacement else (match[0],)
                message = rule["message"] % words
                yield f"{path.relative_to(ROOT)}:{line}: {message}"


def _paths(names: list[str]) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [
        ROOT / name
        for name in listed.stdout.splitlines()
        if Path(name).suffix in SUFFIXES and not EXCLUDED.search(name) and (ROOT / name).exists()
    ]


def main() -> int:
    found = [fault for path in _paths(sys.argv[1:]) for fault in faults(path)]
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
