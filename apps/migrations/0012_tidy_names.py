import unicodedata
from typing import Any

from django.db import migrations, transaction

ROWS = 500
# As apps/models/names.py has it today; usernames were tidy already.
COLUMNS = {"task": ["name"], "user": ["first_name", "last_name"]}


def tidy_names(apps: Any, schema_editor: Any) -> None:
    """Give the names that older versions wrote the form in which they are looked up now."""
    for model, columns in COLUMNS.items():
        rows = apps.get_model("togo", model).objects.using(schema_editor.connection.alias)
        last = 0
        while ids := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:ROWS]):
            last = ids[-1]
            with transaction.atomic(schema_editor.connection.alias):
                for pk, *names in rows.filter(pk__in=ids).values_list("pk", *columns):
                    tidy = [unicodedata.normalize("NFC", name).strip() for name in names]
                    if tidy != names and (model != "task" or tidy[0]):
                        # Unless it was renamed meanwhile.
                        was = dict(zip(columns, names, strict=True))
                        rows.filter(pk=pk, **was).update(**dict(zip(columns, tidy, strict=True)))


class Migration(migrations.Migration):
    # A transaction for each few hundred rows, so that the version that still serves waits for none.
    atomic = False

    dependencies = [
        ("togo", "0011_epoch_pending"),
    ]

    operations = [
        migrations.RunPython(tidy_names, migrations.RunPython.noop, elidable=True),
    ]
