"""Steps of 0029 that Django has no operation for. Each can be done again after an interruption."""

import time

from django.db import OperationalError
from django.db.migrations.operations.base import Operation

ROWS_PER_CHUNK = 2000
ATTEMPTS = 10
# There is no person 0: an assignment without a day is refused.
_DAY = "COALESCE((SELECT user_id FROM togo_dailylimit WHERE id = NEW.daily_limit_id), 0)"
# A row without a person is one that an older version inserts, and a row with another day but the same person one that
# it moves, perhaps to another person's day.
_MOVED = "NEW.daily_limit_id <> OLD.daily_limit_id AND {same}"
_POSTGRESQL = [
    f"""CREATE OR REPLACE FUNCTION togo_assignment_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.user_id := {_DAY}; RETURN NEW; END $$""",
    """CREATE TRIGGER togo_assignment_person_new BEFORE INSERT ON togo_assignment
        FOR EACH ROW WHEN (NEW.user_id IS NULL) EXECUTE FUNCTION togo_assignment_person()""",
    f"""CREATE TRIGGER togo_assignment_person_moved BEFORE UPDATE OF daily_limit_id ON togo_assignment FOR EACH ROW
        WHEN ({_MOVED.format(same="NEW.user_id IS NOT DISTINCT FROM OLD.user_id")})
        EXECUTE FUNCTION togo_assignment_person()""",
]
_MYSQL = [
    f"""CREATE TRIGGER togo_assignment_person_new BEFORE INSERT ON togo_assignment FOR EACH ROW
        SET NEW.user_id = COALESCE(NEW.user_id, {_DAY})""",
    f"""CREATE TRIGGER togo_assignment_person_moved BEFORE UPDATE ON togo_assignment FOR EACH ROW
        SET NEW.user_id = IF({_MOVED.format(same="NEW.user_id <=> OLD.user_id")}, {_DAY}, NEW.user_id)""",
]
_SQLITE = [
    f"""CREATE TRIGGER togo_assignment_person_new AFTER INSERT ON togo_assignment
        WHEN NEW.user_id IS NULL BEGIN UPDATE togo_assignment SET user_id = {_DAY} WHERE id = NEW.id; END""",
    f"""CREATE TRIGGER togo_assignment_person_moved AFTER UPDATE OF daily_limit_id ON togo_assignment
        WHEN {_MOVED.format(same="NEW.user_id IS OLD.user_id")}
        BEGIN UPDATE togo_assignment SET user_id = {_DAY} WHERE id = NEW.id; END""",
]
_TRIGGERS = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "sqlite": _SQLITE}
# MySQL, and MariaDB with a binary log, let only admins make triggers (ER_BINLOG_CREATE_ROUTINE_NEED_SUPER).
_NOT_ALLOWED = 1419
_NO_TRIGGERS = """
The database's user may not make triggers (error 1419). Assignments that processes of the version before write from now
on lack their person: see "To assignments with a person" in docs/operations/upgrading.md.
"""
_FILL = """
UPDATE togo_assignment SET user_id = (SELECT day.user_id FROM togo_dailylimit day
    WHERE day.id = togo_assignment.daily_limit_id)
WHERE user_id IS NULL AND id > %s AND id <= %s
"""


class LetDatabaseFillInAssignees(Operation):
    """Triggers give assignments of versions that don't know the column the person of their day."""

    reversible = True

    def __init__(self, on):
        self.on = on

    def state_forwards(self, app_label, state):
        """The models stay as they are."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        self.database_backwards(app_label, schema_editor, from_state, to_state)
        if schema_editor.connection.vendor not in self.on:
            return
        try:
            for statement in _TRIGGERS[schema_editor.connection.vendor]:
                schema_editor.execute(statement, params=None)
        except OperationalError as error:
            if error.args[0] != _NOT_ALLOWED:
                raise
            print(_NO_TRIGGERS)  # noqa: T201 - to the person who runs `migrate`

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor not in self.on:
            return
        where = " ON togo_assignment" if schema_editor.connection.vendor == "postgresql" else ""
        for name in ("togo_assignment_person_new", "togo_assignment_person_moved"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{where}", params=None)

    def describe(self):
        return f"Fill in the person of assignments of older versions on {', '.join(self.on)}"

    @property
    def migration_name_fragment(self):
        return f"assignees_on_{'_'.join(self.on)}"


def fill_in_assignees(apps, schema_editor):
    """Give the assignments that are there the person of their day: a few at a time, each few a transaction, so that
    nobody waits long. What others write meanwhile, the triggers fill in."""
    done, last = 0, _number(schema_editor, "SELECT MAX(id) FROM togo_assignment", [])
    while done < last:
        upto = _number(
            schema_editor,
            f"SELECT id FROM togo_assignment WHERE id > %s ORDER BY id LIMIT 1 OFFSET {ROWS_PER_CHUNK - 1}",
            [done],
        )
        _fill(schema_editor.connection, done, upto or last)
        done = upto or last


def _fill(connection, after, upto):
    # On MariaDB somebody who takes an assignment away may deadlock with this.
    for attempt in range(ATTEMPTS):
        try:
            with connection.cursor() as cursor:
                cursor.execute(_FILL, [after, upto])
            return
        except OperationalError:
            if connection.in_atomic_block or attempt + 1 == ATTEMPTS:
                raise
            time.sleep(0.1)


def _number(schema_editor, statement, values):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return (row and row[0]) or 0
