import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("togo", "0029_assignee"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archive",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("closed_before", models.DateField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="togo_archive_one")],
            },
        ),
        migrations.CreateModel(
            name="ArchivedDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("maximum", models.PositiveSmallIntegerField()),
                ("taken", models.PositiveSmallIntegerField()),
                ("source_kind", models.CharField(max_length=16)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="archived_days",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("date", "user"), name="togo_archived_date_user")],
            },
        ),
        migrations.CreateModel(
            name="ArchivedWork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("number", models.PositiveIntegerField()),
                ("effort", models.PositiveIntegerField()),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="archived", to="togo.task"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("date", "task"), name="togo_archived_date_task")],
            },
        ),
        migrations.CreateModel(
            name="ArchiveFile",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("days", "days with their assignments"), ("events", "events of the history")],
                        max_length=6,
                    ),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("rows", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
