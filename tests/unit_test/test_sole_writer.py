"""Only `apps/services/slots/` writes assignments, waiting entries, and the numbers of a day that is set.

The scan knows each way in which Django can write. It also refuses calls that could hide a write (SQL, `**fields`),
unless they are listed here, word for word.
"""

import ast
import re
from pathlib import Path

import pytest

from lab.processes import ROOT
from tests.unit_test.test_layout import modules

SLOTS = ROOT / "apps" / "services" / "slots"

_WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete", "save"}
WRITES = _WRITES | {f"a{name}" for name in _WRITES} | {"_raw_delete", "add", "set", "remove", "clear", "save_base"}
SQL = {"execute", "executemany", "callproc", "copy", "raw", "extra", "RawSQL"}
SQL |= {"rows", "first_row", "update_rows", "update_object", "insert_row"}
# How code reaches assignments: the model, an instance, and the relations of a day, a task or a person.
ASSIGNMENTS = re.compile(
    r"\b(Assignment|WaitingEntry|ReturnedTask)\b|\b(assignment|entry|entries)$|\.(assignments|given|entries|queued|returned)\b"
)
# How code reaches days.
DAYS = re.compile(r"\bDailyLimit\b|\bdays?\b|\bdaily_limits?\b|\blimit$")
# The numbers of a day: a higher limit frees room, which goes to those who wait.
NUMBERS = {"taken", "wanted", "maximum", "waiting"}
# Writes of a day that can't change its numbers: a new row begins with none taken, and an update names its columns.
HARMLESS_ON_DAYS = {"bulk_create", "update"}
WRITING_SQL = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|REPLACE INTO|TRUNCATE|COPY)\b")

# The calls outside slots that send SQL or look like a write of `taken`, and why each is allowed.
ALLOWED = {
    "checks.py": {  # reads the collation of names
        "cursor.execute('SELECT collation_name FROM information_schema.columns WHERE table_schema = DATABASE() AND "
        "table_name = %s AND column_name = %s', ['togo_user', 'username'])",
    },
    "management/migration_lock.py": {  # locks; the copies are other connections, and one lock is a row of its own table
        "connection.copy()",
        "cursor.execute('SET LOCAL idle_in_transaction_session_timeout = 0')",
        "cursor.execute(_STATEMENTS[holder.vendor])",
        "cursor.execute('SELECT owner, beats FROM togo_migration_lock WHERE id = 1')",
        "cursor.execute(statement, [self._owner])",
        "cursor.execute(statement, values)",
    },
    "models/api_keys.py": {  # a SELECT
        "first_row(_IN_USE, {'digest': digest, 'now': now, 'noted_since': noted_since})"
    },
    "models/base.py": {  # arrays
        "RawSQL('SELECT unnest(%s::text[])', [list(values)])",
        "RawSQL('SELECT unnest(%s::bigint[])', [array(values)])",
    },
    "models/board.py": {"first_row(_PROGRESS, {})"},  # a SELECT
    "models/composed.py": {  # runs the statements of other modules, which are listed
        "rows(self.text, self.with_constants(values))",
        "execute(connection, self.text, adapted(connection, self.with_constants(values)))",
        "execute(connection, text, values)",
        "update_rows(build, (), values)",
    },
    "models/limit_rules.py": {"rows(_FOR_PERSON, {'user': user_id, 'first': first, 'last': last})"},  # a SELECT
    "models/limits.py": {"rows(_WINDOW, {'user': user_id, 'first': first, 'last': last})"},  # a SELECT
    "models/sessions.py": {  # a SELECT
        "first_row(_DATA, {'key': self.session_key, 'now': timezone.now()})",
    },
    "models/users.py": {  # SELECTs, and a condition
        "first_row(_BY_ID, {'id': user_id})",
        "first_row(_ON_PAGES_BY_ID, {'id': lookups['pk']})",
        "first_row(_CONFIRM, self.as_remembered(timezone.now()))",
        "RawSQL(condition, [values[name] for name in names], models.BooleanField())",
    },
    "models/database_sessions.py": {
        "cursor.execute(_SET)",
        "cursor.execute('SHOW lock_timeout')",
        "cursor.execute(\"SHOW VARIABLES LIKE 'wsrep_on'\")",
        "cursor.execute(f'SET SESSION wsrep_sync_wait = @@SESSION.wsrep_sync_wait | {_GALERA_WAITS}')",
    },  # settings of a session
    "models/positions.py": {  # SELECTs
        "first_row(_FLUSHED, {})",
        "first_row(_REPLAYED, {'timeline': position.timeline, 'position': position.lsn})",
    },
    "models/prepared_statements.py": {  # runs the statements of other modules, which are listed
        "rows(statement, values)",
        "prepared.rows(statement, values)",
        "generators.execute(self.session.pgconn)",
        "CursorWrapper.execute(self, sql, params)",
        "connection.connection.execute(_with_colons(statement), values)",
        "cursor.execute(statement, values)",
        "execute(connection, statement, adapted(connection, values))",
    },
    "services/backups.py": {  # reads a file, which may be no database of ToGo
        "copy.execute('PRAGMA journal_mode = DELETE')",
        "copy.execute('PRAGMA integrity_check(1)')",
        "copy.execute('PRAGMA foreign_key_check')",
        "copy.execute(\"SELECT name FROM django_migrations WHERE app = 'togo'\")",
    },
    "services/events.py": {  # an event
        "insert_row(Event, columns)",
    },
    "services/imports/blocks.py": {"day.taken = min(day.taken + effort, day.maximum)"},  # a snapshot, in a dry run
    "services/limits.py": {
        "cursor.execute(f'{into} {select} {suffix}', params)"
    },  # inserts days, ignoring existing ones
    "services/unit_of_work.py": {  # locks, and their time-outs
        "cursor.execute('SELECT GET_LOCK(%s, %s)', [name, seconds])",
        "cursor.execute('DO RELEASE_LOCK(%s)', [name])",
        "cursor.execute(f\"SET LOCAL lock_timeout = '{seconds}s'\")",
        "cursor.execute('SET LOCAL lock_timeout TO DEFAULT')",
    },
}


def writes(source: str) -> set[str]:
    """The statements and calls that write assignments, entries or numbers of days, or could hide such a write."""
    return {ast.unparse(node) for node in ast.walk(ast.parse(source)) if _writes(node)}


def _writes(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Attribute) and target.attr == "taken" for target in targets)
    if not isinstance(node, ast.Call):
        return False
    on, _, action = ast.unparse(node.func).rpartition(".")
    if action in {"Assignment", "WaitingEntry", "ReturnedTask"} or action in SQL:
        return True
    if action == "setattr":
        return any(isinstance(one, ast.Constant) and one.value == "taken" for one in node.args)
    if action not in WRITES:
        return False
    if ASSIGNMENTS.search(on) or "taken" in _names_in(node):
        return True
    has_unseen_fields = any(keyword.arg is None for keyword in node.keywords)
    is_harmless = action in HARMLESS_ON_DAYS and not has_unseen_fields and not NUMBERS & _names_in(node)
    return bool(DAYS.search(on)) and not is_harmless


def _names_in(call: ast.Call) -> set[str]:
    """The columns that a call writes: as keywords, and as texts among its arguments; `F("taken")` reads one."""
    read = {id(one) for part in ast.walk(call) if _is_f(part) for one in ast.walk(part)}
    texts = {
        one.value
        for one in ast.walk(call)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in read
    }
    return {keyword.arg for keyword in call.keywords if keyword.arg} | texts


def _is_f(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "F"


@pytest.mark.parametrize(
    "code",
    [
        "Assignment(task=1)",
        "models.Assignment(task=1)",
        "Assignment.objects.create(task=1)",
        "Assignment.objects.filter(pk=1).with_day().update(status='done')",
        "Assignment.objects.all()._raw_delete('default')",
        "models.Assignment.objects.bulk_create(rows)",
        "Assignment.objects.abulk_create(made)",
        "day.assignments.all().delete()",
        "person.given.filter(pk=1).update(taskmaster=2)",
        "assignment.save()",
        "DailyLimit.objects.update(taken=9)",
        "DailyLimit.objects.filter(pk=1).update(maximum=5, taken=F('taken') + 1)",
        "DailyLimit.objects.filter(pk=1).update(**fields)",
        "DailyLimit.objects.create(user=1)",
        "DailyLimit.objects.bulk_update(rows, ['taken'])",
        "DailyLimit.objects.update_or_create(pk=1, defaults={'taken': 1})",
        "DailyLimit.objects.all().delete()",
        "chosen.update(taken=9)",
        "DailyLimit.objects.filter(pk=1).update(wanted=1, maximum=Greatest(Value(1), F('taken')))",
        "days.update(waiting=0)",
        "WaitingEntry.objects.filter(pk=1).delete()",
        "day.entries.all().delete()",
        "day.save()",
        "day.save(update_fields=['taken'])",
        "day.asave()",
        "setattr(day, 'taken', 9)",
        "cursor.execute('DELETE FROM togo_assignment')",
        "cursor.executemany(statement, values)",
        "rows('DELETE FROM togo_assignment', {})",
        "prepared_statements.first_row(statement, {})",
        "update_rows(_more_taken, (), {})",
        "update_object(_more_taken, {}, _day, {})",
        "composed.insert_row(model, columns)",
        "DailyLimit.objects.raw('UPDATE togo_dailylimit SET taken = 9')",
        "session.copy('COPY togo_assignment FROM STDIN')",
    ],
)
def test_a_write_is_found(code: str) -> None:
    assert code in writes(f"def work():\n    return {code}\n")


@pytest.mark.parametrize("code", ["day.taken = 9", "day.taken += 1", "self.day.taken -= 1"])
def test_a_write_to_an_object_is_found(code: str) -> None:
    assert writes(code) == {code}


@pytest.mark.parametrize(
    "code",
    [
        "DailyLimit.objects.filter(pk=1).update(rules_version=7)",
        "DailyLimit.objects.bulk_create(rows, ignore_conflicts=True)",
        "Task.objects.create(name='cooking')",
        "DailyLimit.objects.filter(taken__gt=0)",
    ],
)
def test_other_calls_are_accepted(code: str) -> None:
    assert writes(code) == set()


def modules_outside_slots() -> list[Path]:
    return [path for path in modules("apps") if SLOTS not in path.parents]


def test_only_slots_write_assignments_entries_and_days() -> None:
    found = {str(path.relative_to(ROOT / "apps")): writes(path.read_text()) for path in modules_outside_slots()}

    assert {name: calls for name, calls in found.items() if calls} == ALLOWED
    assert writes((SLOTS / "portable.py").read_text())
    assert writes((SLOTS / "postgresql.py").read_text())


def test_sql_outside_slots_writes_nothing() -> None:
    for name in ALLOWED:
        source = (ROOT / "apps" / name).read_text()
        texts = [one.value for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Constant)]
        statements = [text for text in texts if isinstance(text, str) and WRITING_SQL.search(text)]
        # The beginning of what `insert_row` composes; who calls it is listed.
        statements = [text for text in statements if text != "INSERT INTO "]
        # The table of the lock has one row, and belongs to that lock alone.
        statements = [text for text in statements if not re.match(r"[A-Z ]+ togo_migration_lock\b", text)]
        docstrings = [text for text in statements if text in _docstrings(source)]
        assert statements == docstrings, name


def _docstrings(source: str) -> set[str]:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    return {
        ast.get_docstring(node, clean=False) or ""
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented)
    }
