"""Shapes of distributions."""

from typing import Any

from rest_framework import serializers

from apps.models import Distribution
from apps.serializers.base import DateField, EffortField, IdField, IntegerField, StrictSerializer, TimeField
from apps.serializers.bulk import MODES
from apps.services.distributions import MOST_TASKS
from apps.services.distributions.words import in_words
from apps.services.planner.problem import EARLIEST, EVEN

_MOST_PEOPLE = 10_000


class PeopleField(serializers.ListField):
    """The ids of people, at least one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=IdField(), min_length=1, max_length=_MOST_PEOPLE, required=False, **kwargs)


class DistributionItemSerializer(StrictSerializer):
    """A task that is wanted, once or several times."""

    task = IdField(help_text="The task's id.")
    count = IntegerField(
        default=1, min_value=1, max_value=MOST_TASKS, help_text="How many times; each for another person or date."
    )
    effort = EffortField(help_text="How much of a day's limit each takes, from 1 to 1000; default: the task's effort.")
    users = PeopleField(help_text="The ids of the people who may get it; default: `users` of the whole plan.")
    date_from = DateField(required=False, help_text="The first date that it may have; default: that of the plan.")
    date_to = DateField(required=False, help_text="The last date that it may have; default: that of the plan.")


class DistributionCreateSerializer(StrictSerializer):
    """A pile of tasks, and the people and dates to share it out among."""

    items = serializers.ListField(
        child=DistributionItemSerializer(),
        min_length=1,
        max_length=MOST_TASKS,
        help_text="1 to 10,000 items; their counts together may be 10,000, too.",
    )
    users = PeopleField(help_text="The ids of the people; default: everybody who is active.")
    date_from = DateField(help_text="The first date.")
    date_to = DateField(help_text="The last date, at most 92 dates in all.")
    objective = serializers.ChoiceField(
        choices=[(EVEN, "nobody is busier than necessary"), (EARLIEST, "as soon as possible")],
        default=EVEN,
        help_text="`even`: the smallest highest load, then the smallest next one, and so on. `earliest`: the earliest "
        "dates, and with these the most even loads.",
    )


class ProposedSerializer(serializers.Serializer[Any]):
    """An assignment that the plan proposes."""

    task = serializers.IntegerField()
    user = serializers.IntegerField()
    date = serializers.DateField()
    effort = serializers.IntegerField(help_text="How much of the day's limit it would take.")
    why = serializers.CharField(help_text="Why it is there, in words.")


class LeftSerializer(serializers.Serializer[Any]):
    """Tasks of an item that have no place."""

    item = serializers.IntegerField(help_text="The position of the item in the request, from 0.")
    task = serializers.IntegerField()
    count = serializers.IntegerField(help_text="How many are left.")
    why = serializers.CharField(help_text="Why, in words.")
    shortage = serializers.IntegerField(
        allow_null=True, help_text="The position in `shortages` of the proof, or null if there is none."
    )


class FullDaysSerializer(serializers.Serializer[Any]):
    """Dates on which a person has no room left."""

    user = serializers.IntegerField()
    dates = serializers.ListField(child=serializers.DateField())


class ShortageSerializer(serializers.Serializer[Any]):
    """A proof that these items don't fit: `wanted` is more than `room` and `once` together."""

    items = serializers.ListField(
        child=serializers.IntegerField(), help_text="The positions of the items that need the same days."
    )
    wanted = serializers.IntegerField(help_text="How many tasks these items want in all.")
    days = FullDaysSerializer(many=True, help_text="The days that the plan fills.")
    room = serializers.IntegerField(help_text="How many of these tasks had room on `days`.")
    once = serializers.IntegerField(
        help_text="How many more go to other days, where each task may be only once, and is by this plan."
    )


class LoadSerializer(serializers.Serializer[Any]):
    """How busy a person is from `date_from` to `date_to`."""

    user = serializers.IntegerField()
    before = serializers.IntegerField(help_text="How much is taken now.")
    after = serializers.IntegerField(help_text="How much would be taken with this plan.")
    maximum = serializers.IntegerField(help_text="The sum of the person's limits.")


class DistributionSerializer(serializers.Serializer[Distribution]):
    """A plan. It assigns nothing until it is applied."""

    id = serializers.IntegerField()
    assignments = ProposedSerializer(many=True)
    left = LeftSerializer(many=True, help_text="What has no place, and why.")
    shortages = ShortageSerializer(many=True, help_text="The proofs for `left`.")
    load = LoadSerializer(many=True)
    optimal = serializers.BooleanField(help_text="Whether it is proven that no plan is better.")
    at_most = serializers.IntegerField(help_text="No plan can place more tasks than this.")
    expires_at = TimeField(help_text="Until when it can be applied, in UTC.")

    @classmethod
    def show(cls, plan: Distribution) -> dict[str, Any]:
        """The fields of a plan, which is stored in this shape but for its reasons."""
        expires_at: Any = TimeField().to_representation(plan.expires_at)
        said = {
            name: [{**one, "why": in_words(one["why"])} for one in plan.plan[name]] for name in ("assignments", "left")
        }
        return {"id": plan.pk, **plan.plan, **said, "expires_at": expires_at}


class DistributionApplySerializer(StrictSerializer):
    """How to apply a plan."""

    mode = serializers.ChoiceField(
        choices=MODES,
        default="all",
        help_text="`all`: everything or nothing. `each`: every assignment that still fits.",
    )
    without = serializers.ListField(
        child=IntegerField(min_value=0, max_value=MOST_TASKS),
        default=list,
        max_length=MOST_TASKS,
        help_text="The positions in `assignments`, from 0, of those to leave out.",
    )
