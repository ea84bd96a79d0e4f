from django.db import migrations, models

from apps.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    # The table is large, and is written to meanwhile.
    atomic = False

    dependencies = [
        ("togo", "0008_room"),
    ]

    operations = [
        AddIndexOnline(
            model_name="dailylimit",
            index=models.Index(fields=["date", "user"], name="togo_limit_date_user"),
        ),
    ]
