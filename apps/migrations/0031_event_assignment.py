from django.db import migrations, models

from apps.migrations._online import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("togo", "0030_archive"),
    ]

    operations = [
        AddIndexOnline("event", models.Index(fields=["assignment"], name="togo_event_assignment")),
    ]
