import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.migrations._online import OnlineMigration


class Migration(OnlineMigration):
    dependencies = [
        ("togo", "0023_task_changed"),
    ]

    safe = {
        "message_togo_message_once_a_way": "it takes all rows that the former constraint takes, and only workers write "
        "messages, which wait for the moment that the index of 30 days' messages takes"
    }

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("nonce", models.CharField(blank=True, max_length=32)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("refusal", models.CharField(blank=True, max_length=255)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="channel",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("url", models.CharField(max_length=1000)),
                ("shown", models.CharField(max_length=255)),
                ("problem", models.CharField(blank=True, max_length=255)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="message",
            name="way",
            field=models.CharField(
                choices=[("email", "by e-mail"), ("channel", "through the channel")],
                db_default="email",
                default="email",
                max_length=7,
            ),
        ),
        # The former constraint goes last: until then, MariaDB uses its index for the foreign key.
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("user", "kind", "date", "way"), name="togo_message_once_a_way"),
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="togo_message_once",
        ),
    ]
