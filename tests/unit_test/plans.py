"""Reads the database's plan of each query before it runs."""

import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection

# The tables that grow. People write few tasks and rules, and a few dates are requested a day.
GROWING = {
    "togo_assignment",
    "togo_dailylimit",
    "togo_event",
    "togo_idempotencykey",
    "togo_importblock",
    "togo_occurrence",
    "togo_user",
    "token_blacklist_outstandingtoken",
}
# The positional argument `many` of an execute wrapper: run the statement once.
_ONCE = False
_ALIASES = re.compile(r'(?:FROM|JOIN|UPDATE) "?(\w+)"?(?: (?:AS )?"?([A-Z]\w*)"?)?')


@contextlib.contextmanager
def full_scans() -> Iterator[list[str]]:
    """Collects the full scans of tables that grow, with their queries: reads with no index, or along an index without a
    condition on it, unless they read only one page."""
    found: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many and re.match(r"\s*(SELECT|UPDATE|DELETE|WITH|INSERT.* SELECT )", sql, re.DOTALL):
            explain = _of_sqlite if connection.vendor == "sqlite" else _of_postgresql
            found.extend(f"{table}: {sql} {params}" for table in explain(execute, sql, params, context))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


@contextlib.contextmanager
def rows_read() -> Iterator[Counter[str]]:
    """Counts the rows of each table that the queries read, whether they keep them or not. On PostgreSQL."""
    read: Counter[str] = Counter()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, _ONCE, context)
            read.update(_rows_of(_root(context["cursor"])))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield read


def _rows_of(node: dict[str, Any]) -> Counter[str]:
    read: Counter[str] = Counter()
    if table := node.get("Relation Name"):
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        read[table] += round(rows * node["Actual Loops"])
    return sum((_rows_of(child) for child in node.get("Plans", [])), read)


def _of_sqlite(execute: Any, sql: str, params: Any, context: Any) -> Iterator[str]:
    names = {alias or table: table for table, alias in _ALIASES.findall(sql)}
    execute(f"EXPLAIN QUERY PLAN {sql}", params, _ONCE, context)
    steps = [step for *_, step in context["cursor"].fetchall()]
    # The query reads one page, in the order of an index.
    paged = " LIMIT " in sql and not any("TEMP B-TREE" in step for step in steps)
    for step in steps:
        if match := re.match(r'SCAN "?(\w+)"?', step):
            table = names.get(match[1], match[1])
            if table in GROWING and not paged:
                yield table


def _of_postgresql(execute: Any, sql: str, params: Any, context: Any) -> Iterator[str]:
    execute(f"EXPLAIN (FORMAT JSON) {sql}", params, _ONCE, context)
    yield from _of_node(_root(context["cursor"]), paged=False)


def _root(cursor: Any) -> dict[str, Any]:
    [[plan]] = cursor.fetchall()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    root: dict[str, Any] = plan[0]["Plan"]
    return root


def _of_node(node: dict[str, Any], *, paged: bool) -> Iterator[str]:
    kind, table = node["Node Type"], node.get("Relation Name")
    along = kind.startswith("Index") and "Index Cond" not in node and not paged
    if table in GROWING and (kind == "Seq Scan" or along):
        yield table
    for child in node.get("Plans", []):
        # A sort or a count reads all rows below it.
        yield from _of_node(child, paged=kind == "Limit" or (paged and kind not in {"Sort", "Aggregate", "Hash"}))
