"""`manage.py test`, run by pytest."""

import subprocess
import sys
from argparse import ArgumentParser
from typing import Any


class PytestRunner:
    """Runs pytest with the given labels on SQLite. `make test` runs the whole suite."""

    def __init__(self, *, verbosity: int = 1, failfast: bool = False, **_: Any) -> None:
        self.options = ["--exitfirst"] if failfast else []
        self.options += ["-v"] * (verbosity - 1)

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        """Add none: pytest's options are in pyproject.toml."""

    def run_tests(self, test_labels: list[str], **_: Any) -> int:
        command = [sys.executable, "-m", "pytest", *self.options, *test_labels]
        return subprocess.call(command)
