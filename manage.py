#!/usr/bin/env python
"""Runs one of the management commands: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")
    import togo.starting  # noqa: F401  (exits with one line where the settings can't be used)

    execute_from_command_line(sys.argv)
