from django.db import migrations, models

from apps.migrations._online import OnlineMigration


class Migration(OnlineMigration):
    dependencies = [
        ("togo", "0022_task_fields"),
    ]

    operations = [
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
                    ("task_changed", "an assignment got another task, because two tasks were merged"),
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
    ]
