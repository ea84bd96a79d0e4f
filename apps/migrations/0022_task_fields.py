from django.db import migrations, models

from apps.migrations._online import OnlineMigration
from apps.models.tasks import require_link


class Migration(OnlineMigration):
    dependencies = [
        ("togo", "0021_waiting"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="note",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="What there is to know about it.", max_length=2000
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="color",
            field=models.CharField(
                blank=True,
                choices=[
                    ("red", "Red"),
                    ("orange", "Orange"),
                    ("amber", "Amber"),
                    ("lime", "Lime"),
                    ("green", "Green"),
                    ("teal", "Teal"),
                    ("cyan", "Cyan"),
                    ("blue", "Blue"),
                    ("indigo", "Indigo"),
                    ("purple", "Purple"),
                    ("pink", "Pink"),
                    ("gray", "Gray"),
                ],
                db_default="",
                default="",
                help_text="Its dot on pages.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="label",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What it belongs to, such as “Kitchen”. Lists filter by it.",
                max_length=50,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="url",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A page that says more.",
                max_length=2000,
                validators=[require_link],
                verbose_name="link",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="deadline",
            field=models.DateField(blank=True, help_text="When it must be done at the latest.", null=True),
        ),
    ]
