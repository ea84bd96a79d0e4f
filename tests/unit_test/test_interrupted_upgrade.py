"""An upgrade that was interrupted is finished as docs/operations/upgrading.md says."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, utils
from django.db.migrations.operations.base import Operation

from apps.migrations import _assignees
from apps.migrations._online import AddCheckOnline, AddForeignKeyOnline, AddUniqueOnline
from apps.models import Assignment, Task
from apps.services import limits
from lab.processes import ROOT
from tests import version_before
from tests.conftest import TODAY, make_person

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="there the migration is one transaction"),
]


class MachineEnded(Exception):
    """Nothing is done any more."""


def statements() -> list[str]:
    """The statements that the paper gives."""
    paper = (ROOT / "docs" / "operations" / "upgrading.md").read_text()
    [block] = re.findall(r"```sql\n(.*?)```", paper, re.DOTALL)
    return [line for line in block.splitlines() if line]


@pytest.mark.parametrize("step", [AddUniqueOnline, AddForeignKeyOnline])
def test_the_migration_to_assignees_goes_on_after_it_was_interrupted(
    monkeypatch: pytest.MonkeyPatch, step: type[Operation]
) -> None:
    """The version before assigns while it is under way."""
    taskmaster, alice = make_person("taskmaster", is_taskmaster=True), make_person("alice")
    day = limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=9)
    tasks = [Task.objects.create(name=f"task {number}") for number in range(3)]
    old = {"day_id": day.pk, "taskmaster_id": taskmaster.pk}

    def end(*_: Any) -> None:
        raise MachineEnded

    call_command("migrate", "togo", "0028", verbosity=0)
    version_before.assign(task_id=tasks[0].pk, **old)
    with monkeypatch.context() as patched:
        patched.setattr(_assignees, "ROWS_PER_CHUNK", 1)
        patched.setattr(step, "database_forwards", end)
        with pytest.raises(MachineEnded):
            call_command("migrate", verbosity=0)
    version_before.assign(task_id=tasks[1].pk, **old)
    call_command("migrate", verbosity=0)
    version_before.assign(task_id=tasks[2].pk, **old)

    assert list(Assignment.objects.values_list("user", flat=True)) == [alice.pk] * 3
    with pytest.raises(IntegrityError):
        Assignment.objects.update(user=taskmaster.pk)


@pytest.mark.parametrize("model", ["task", "assignment", "limitrule"])
def test_the_migration_to_efforts_is_finished_after_it_was_interrupted(
    monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    forwards = AddCheckOnline.database_forwards

    def end_before(step: AddCheckOnline, *args: Any) -> None:
        if step.model_name == model:
            raise MachineEnded
        forwards(step, *args)

    call_command("migrate", "togo", "0013", verbosity=0)
    with monkeypatch.context() as patched:
        patched.setattr(AddCheckOnline, "database_forwards", end_before)
        with pytest.raises(MachineEnded):
            call_command("migrate", verbosity=0)
    with pytest.raises(utils.DatabaseError, match=r"(?i)exists|duplicate"):
        call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)
    call_command("migrate", verbosity=0)

    assert Task.objects.create(name="cooking").effort == 1
    with pytest.raises(IntegrityError):
        Task.objects.create(name="reading", effort=0)
