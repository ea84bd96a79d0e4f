import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("togo", "0016_identities"),
    ]

    operations = [
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="second_factor",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("secret", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_step", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
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
        migrations.AlterField(
            model_name="event",
            name="user",
            field=models.BigIntegerField(help_text="Whom it is about; empty where it is about everyone.", null=True),
        ),
        migrations.CreateModel(
            name="BrowserSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("user_agent", models.CharField(blank=True, max_length=255)),
                ("created_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="browser_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
