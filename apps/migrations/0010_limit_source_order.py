from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("togo", "0009_date_user"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dailylimit",
            name="source_kind",
            field=models.CharField(
                choices=[
                    ("hand", "set by hand for that day"),
                    ("person_range", "a rule for the person and a range of dates"),
                    ("everyone_range", "a rule for everyone and a range of dates"),
                    ("person_weekday", "a rule for the person and a weekday"),
                    ("everyone_weekday", "a rule for everyone and a weekday"),
                    ("person", "a rule for the person"),
                    ("everyone", "a rule for everyone"),
                    ("default", "the default of this installation"),
                    ("random", "picked at random, for demonstrations"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="limitrule",
            name="date_from",
            field=models.DateField(blank=True, help_text="The first day. Empty means no beginning.", null=True),
        ),
        migrations.AlterField(
            model_name="limitrule",
            name="date_to",
            field=models.DateField(blank=True, help_text="The last day. Empty means no end.", null=True),
        ),
        migrations.AlterField(
            model_name="limitrule",
            name="reason",
            field=models.CharField(
                blank=True, help_text="Shown with every refusal because of this limit.", max_length=255
            ),
        ),
    ]
