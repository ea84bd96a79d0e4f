"""The entry point for operators who already run an ASGI server; the benchmarks measure `togo.wsgi`."""

import os

from django.core.asgi import get_asgi_application

from togo import wsgi  # noqa: F401  (sets how long a request may wait for the broker)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")

application = get_asgi_application()
