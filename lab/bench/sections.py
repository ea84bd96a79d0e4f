"""The sections, in the order of the report."""

from typing import NamedTuple


class Section(NamedTuple):
    """The module of a section, and the database that it runs on."""

    module: str
    database: str = "postgresql"


SECTIONS = {
    "assign": Section("lab.bench.assign"),
    "connections": Section("lab.bench.connections"),
    "keys": Section("lab.bench.keys"),
    "tells": Section("lab.bench.tells"),
    "sqlite": Section("lab.bench.embedded", "sqlite"),
    "bulk": Section("lab.bench.bulk"),
    "hot": Section("lab.bench.hot"),
    "import": Section("lab.bench.imports"),
    "start": Section("lab.bench.start", "sqlite"),
    "limits": Section("lab.bench.limit_job"),
    "digests": Section("lab.bench.digests"),
    "reads": Section("lab.bench.reads"),
    "cluster": Section("lab.bench.cluster", "sqlite"),
    "growth": Section("lab.bench.growth"),
    "board": Section("lab.bench.boards"),
    "plan": Section("lab.bench.plan", "sqlite"),
}
