"""Loads the settings when a program starts; if they can't be used, exits with one line that says why.

`manage.py`, the web server and Celery import this module before anything else reads the settings.
"""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

__all__ = ["settings"]

# EX_CONFIG of sysexits.h: entrypoint.sh doesn't try again after it.
_CONFIGURATION_ERROR = 78

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")
try:
    settings.SECRET_KEY  # noqa: B018  (reads them all)
except ImproperlyConfigured as error:
    sys.stderr.write(f"togo: {error}\n")
    sys.exit(_CONFIGURATION_ERROR)
