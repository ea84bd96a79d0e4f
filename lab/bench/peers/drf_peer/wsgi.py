"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "lab.bench.peers.drf_peer.settings"
application = get_wsgi_application()
