"""An upgrade that was interrupted is finished as docs/operations/upgrading.md says."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, utils

from apps.migrations._online import AddCheckOnline
from apps.models import Task
from lab.processes import ROOT

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
