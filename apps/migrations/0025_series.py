import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("togo", "0024_channels"),
    ]

    operations = [
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rrule", models.CharField(max_length=500)),
                ("date_from", models.DateField()),
                ("date_to", models.DateField(null=True)),
                ("anchor", models.DateField()),
                ("first_turn", models.PositiveIntegerField(default=0)),
                ("effort", models.SmallIntegerField(null=True)),
                (
                    "on_full",
                    models.CharField(
                        choices=[
                            ("skip", "leave the date out"),
                            ("next_free", "take the person's next free day before the following date"),
                            ("wait", "queue the task for the day"),
                        ],
                        max_length=9,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("filled_to", models.DateField()),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="series", to="togo.task"
                    ),
                ),
                (
                    "taskmaster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="series", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "series",
            },
        ),
        migrations.CreateModel(
            name="Occurrence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("assigned", "the task was assigned"),
                            ("full", "the day was full; what happens instead comes next"),
                            ("waiting", "the task was queued"),
                            ("skipped", "the task was not assigned"),
                            ("cancelled", "the task was queued, and somebody took it out of the queue"),
                        ],
                        max_length=9,
                    ),
                ),
                ("placed_on", models.DateField()),
                ("assignment", models.BigIntegerField(null=True)),
                ("waiting", models.BigIntegerField(null=True)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("detail", models.TextField(blank=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="occurrences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="occurrences",
                        to="togo.series",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeriesTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="turns",
                        to="togo.series",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="turns", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.AddIndex(
            model_name="series",
            index=models.Index(fields=["filled_to"], name="togo_series_filled_to"),
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("effort__isnull", True), models.Q(("effort__gte", 1), ("effort__lte", 1000)), _connector="OR"
                ),
                name="togo_series_effort",
            ),
        ),
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(fields=["decision", "date"], name="togo_occurrence_decision"),
        ),
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(fields=["assignment"], name="togo_occurrence_assignment"),
        ),
        migrations.AddConstraint(
            model_name="occurrence",
            constraint=models.UniqueConstraint(fields=("series", "date"), name="togo_occurrence_date"),
        ),
        migrations.AddConstraint(
            model_name="seriesturn",
            constraint=models.UniqueConstraint(fields=("series", "position"), name="togo_series_turn"),
        ),
    ]
