"""The environment that the settings read in tests. A pytest plugin, so that it is loaded before Django's settings.

`DATABASE_URL` chooses the database, as in production; without it, tests run on SQLite, in a file.
"""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest

# What is imported and collected stays until the end: looking for garbage in it takes a fifth of the time that this
# takes, and later as long again each time.
gc.disable()
HOME = tempfile.mkdtemp(prefix="togo-test-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

os.environ["TOGO_HOME"] = f"{HOME}/home"
os.environ["TOGO_LOG_DIR"] = f"{HOME}/logging"
os.environ["TOGO_SECRET_KEY"] = "for tests only and long enough to be taken by ToGo"
os.environ["TOGO_ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
# Tests make many calls as one person; the tests of this limit set it.
os.environ["TOGO_RATE_LIMIT"] = "off"
# The tests' own process counts into files, as a web server's processes do.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = f"{HOME}/metrics"
Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir()
# Nobody listens here: tests that need a broker start one.
os.environ["CELERY_BROKER_URL"] = f"redis+socket://{HOME}/no-broker.sock"
for name in (
    "TOGO_TIME_ZONE",
    "TOGO_DEFAULT_DAILY_LIMIT",
    "TOGO_EFFORT_UNIT",
    "TOGO_LIMIT_PICKER",
    "TOGO_ASSIGN_DAYS_AHEAD",
    "TOGO_IMPORT_MAX_BYTES",
    "TOGO_IMPORT_MAX_ROWS",
    "TOGO_METRICS_TOKEN",
    "TOGO_KEEP_DAYS",
    "TOGO_SERIES_DAYS",
    "TOGO_PASSWORDS",
    "TOGO_OIDC_ISSUER",
    "TOGO_OIDC_CLIENT_ID",
    "TOGO_OIDC_CLIENT_SECRET",
    "TOGO_OIDC_CLIENT_SECRET_FILE",
    "TOGO_OIDC_ADMIN_GROUPS",
    "TOGO_OIDC_TASKMASTER_GROUPS",
):
    os.environ.pop(name, None)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """From here on, look for garbage, but only among what the tests make."""
    gc.freeze()
    gc.enable()
