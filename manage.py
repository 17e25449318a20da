#!/usr/bin/env python
"""Django's command line."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from core.database.timeouts import no_timeouts

    with no_timeouts():  # migrations and loads take as long as they take
        execute_from_command_line(sys.argv)
