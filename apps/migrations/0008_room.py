import django.db.models.expressions
from django.db import migrations, models

from apps.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    # The table is large, and is written to meanwhile.
    atomic = False

    dependencies = [
        ("togo", "0007_growth"),
    ]

    operations = [
        AddIndexOnline(
            model_name="dailylimit",
            index=models.Index(
                models.F("date"),
                models.OrderBy(
                    django.db.models.expressions.CombinedExpression(models.F("maximum"), "-", models.F("taken")),
                    descending=True,
                ),
                models.F("user"),
                name="togo_limit_date_room",
            ),
        ),
    ]
