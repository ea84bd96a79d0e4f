"""The settings, for what is started: where they can't be used it ends here, with one line that says why.

What starts imports this before anything else reads the settings: `manage.py`, the web server and Celery.
"""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

__all__ = ["settings"]

# As sysexits.h has it, so that who waits for something else needn't go on waiting.
_CONFIGURATION_ERROR = 78

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")
try:
    settings.SECRET_KEY  # noqa: B018  (reads them all)
except ImproperlyConfigured as error:
    sys.stderr.write(f"togo: {error}\n")
    sys.exit(_CONFIGURATION_ERROR)
