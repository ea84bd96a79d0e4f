"""A plugin of pytest: days and assignments are partitioned by person, as docs/operations/partitions.sql does it."""

from typing import Any

import pytest
from django.db import connection, transaction

from lab.processes import ROOT

PROFILE = ROOT / "docs" / "operations" / "partitions.sql"


@pytest.fixture(autouse=True, scope="session")
def _partitioned(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PROFILE.read_text())
        cursor.execute("SELECT count(*) FROM pg_partition_tree('togo_assignment') WHERE isleaf")
        assert cursor.fetchone() == (4,)
