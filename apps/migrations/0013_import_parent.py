from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def import_of(related_name: str) -> models.ForeignKey[Any, Any]:
    """The renamed field; its column keeps the old name, so that the version that still serves finds it."""
    return models.ForeignKey(
        db_column="whole_id",
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to="togo.import",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("togo", "0012_tidy_names"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("importblock", "togo_import_block_number"),
                migrations.RemoveConstraint("importclaim", "togo_import_claim"),
                migrations.RenameField("importblock", "whole", "parent"),
                migrations.RenameField("importclaim", "whole", "parent"),
                migrations.AlterField("importblock", "parent", import_of("blocks")),
                migrations.AlterField("importclaim", "parent", import_of("claims")),
                migrations.AddConstraint(
                    "importblock",
                    models.UniqueConstraint(fields=("parent", "number"), name="togo_import_block_number"),
                ),
                migrations.AddConstraint(
                    "importclaim",
                    models.UniqueConstraint(fields=("parent", "date", "user", "task"), name="togo_import_claim"),
                ),
            ]
        ),
    ]
