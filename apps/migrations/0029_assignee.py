from django.db import migrations, models

from apps.migrations._assignees import LetDatabaseFillInAssignees, fill_in_assignees
from apps.migrations._online import (
    AddFieldOnline,
    AddForeignKeyOnline,
    AddIndexOnline,
    AddUniqueOnline,
    OnlineMigration,
)
from apps.models.constraints import CompositeForeignKey


class Migration(OnlineMigration):
    dependencies = [
        ("togo", "0028_board_of_a_person"),
    ]
    safe = {
        "assignees_on_postgresql_mysql": "it is there for the version before, and changes nothing that it reads",
        "assignees_on_sqlite": "the same",
        "dailylimit_togo_limit_user_id": "AddUniqueOnline blocks nobody, and ids are unique already",
        "alter_assignment_daily_limit": "the column stays as it is, and the day is still checked",
        "assignment_togo_assignment_day_user": "the triggers keep it for the version before",
    }

    operations = [
        AddFieldOnline("assignment", "user", models.BigIntegerField(db_column="user_id", editable=False, null=True)),
        # First the triggers, and then the rows that are there: so no row is missed.
        LetDatabaseFillInAssignees(on=("postgresql", "mysql")),
        migrations.RunPython(fill_in_assignees, migrations.RunPython.noop, elidable=True),
        AddUniqueOnline("dailylimit", models.UniqueConstraint(fields=["user", "id"], name="togo_limit_user_id")),
        AddIndexOnline(
            "assignment", models.Index(fields=["user", "created_at", "id"], name="togo_assignment_user_created")
        ),
        AddForeignKeyOnline(
            "assignment",
            CompositeForeignKey(
                columns=["user_id", "daily_limit_id"],
                to_table="togo_dailylimit",
                to_columns=["user_id", "id"],
                name="togo_assignment_day_user",
            ),
        ),
        # The foreign key of both columns checks the day, too: one check for each assignment, as before.
        migrations.AlterField(
            "assignment",
            "daily_limit",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=models.PROTECT,
                related_name="assignments",
                to="togo.dailylimit",
            ),
        ),
        # Last on SQLite, which drops a table's triggers when it writes the table anew.
        LetDatabaseFillInAssignees(on=("sqlite",)),
    ]
