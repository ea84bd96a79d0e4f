from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("togo", "0010_limit_source_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="epoch",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="passwordtries",
            name="pending",
            field=models.JSONField(default=list, null=True),
        ),
    ]
