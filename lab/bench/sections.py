"""The table of what can be measured, in the order of the report."""

from typing import NamedTuple


class Section(NamedTuple):
    """What is measured: its module, and the database that it runs on."""

    module: str
    database: str = "postgresql"


SECTIONS = {
    "assign": Section("bench.assign"),
    "connections": Section("bench.connections"),
    "sqlite": Section("bench.embedded", "sqlite"),
    "bulk": Section("bench.bulk"),
    "hot": Section("bench.hot"),
    "import": Section("bench.imports"),
    "start": Section("bench.start", "sqlite"),
    "limits": Section("bench.limit_job"),
    "growth": Section("bench.growth"),
}
