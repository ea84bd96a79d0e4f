from django.core.validators import MaxValueValidator
from django.db import migrations, models
from django.db.models import Q

from apps.migrations._online import AddCheckOnline, OnlineMigration
from apps.models.effort import EffortField, effort_within_bounds


class Migration(OnlineMigration):
    dependencies = [
        ("togo", "0013_import_parent"),
    ]

    operations = [
        migrations.AddField(
            "task",
            "effort",
            EffortField(help_text="How much of a day's limit it takes, from when it is assigned next."),
        ),
        migrations.AddField("assignment", "effort", EffortField()),
        migrations.AddField("importclaim", "effort", EffortField()),
        AddCheckOnline("task", effort_within_bounds("togo_task_effort")),
        AddCheckOnline("assignment", effort_within_bounds("togo_assignment_effort")),
        migrations.RemoveConstraint("limitrule", "togo_rule_maximum"),
        AddCheckOnline("limitrule", models.CheckConstraint(condition=Q(maximum__lte=10_000), name="togo_rule_maximum")),
        migrations.AlterField(
            "limitrule",
            "maximum",
            models.PositiveSmallIntegerField(validators=[MaxValueValidator(10_000)]),
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
                ],
                max_length=16,
            ),
        ),
    ]
