import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.migrations._online import OnlineMigration
from apps.models.effort import EffortField, effort_within_bounds


class Migration(OnlineMigration):
    dependencies = [
        ("togo", "0020_notifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="dailylimit",
            name="waiting",
            field=models.SmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "a task was given to a person for a date"),
                    ("moved", "an assignment was moved to another person or date"),
                    ("done", "an assignment was marked as done"),
                    ("reopened", "an assignment was marked as open again"),
                    ("effort_changed", "the effort of an assignment was changed"),
                    ("unassigned", "an assignment was taken away"),
                    ("queued", "a task was queued for a full day"),
                    ("promoted", "a queued task was assigned, because its day got room"),
                    ("cancelled", "a queued task left the queue without an assignment"),
                    ("limit_set", "a person's limit of a date was set by hand"),
                    ("limit_given_back", "a date that was set by hand was given back to the rules"),
                    ("rule_created", "a rule was made"),
                    ("rule_changed", "a rule was changed"),
                    ("rule_deleted", "a rule was deleted"),
                    ("signed_up", "a person was made at their first sign-in with OpenID Connect"),
                    ("sign_in_linked", "a person linked a sign-in with OpenID Connect to themselves"),
                    ("sign_in_unlinked", "a person unlinked a sign-in with OpenID Connect"),
                    ("roles_followed", "a person's roles followed their groups at a sign-in"),
                    ("otp_on", "a person turned their second factor on"),
                    ("otp_off", "a person turned their second factor off"),
                    ("otp_codes", "a person made new recovery codes"),
                    ("otp_reset", "an admin turned a person's second factor off"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="WaitingEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("effort", EffortField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "daily_limit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="togo.dailylimit",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="togo.task"
                    ),
                ),
                (
                    "taskmaster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="queued", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "waiting entries",
                "constraints": [
                    models.UniqueConstraint(fields=("daily_limit", "task"), name="togo_waiting_day_task"),
                    effort_within_bounds("togo_waiting_effort"),
                ],
            },
        ),
    ]
