"""Daily limits: how much a person can take on a date."""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import connections, models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.models.base import ReadOften, object_of
from apps.models.prepared_statements import as_date, rows

# The columns of a row, in the order of the fields below, for written-out statements.
DAY = "id, user_id, date, wanted, maximum, taken, source_kind, source_rule, source_reason, rules_version, waiting"
DAY_COLUMNS = DAY.split(", ")
_WINDOW = f"""SELECT {DAY} FROM togo_dailylimit
    WHERE user_id = %(user)s AND date >= %(first)s AND date <= %(last)s"""  # noqa: S608 - only our own names


class Source(models.TextChoices):
    """Where a limit came from, the most specific first."""

    HAND = "hand", _("set by hand for that day")
    PERSON_RANGE = "person_range", _("a rule for the person and a range of dates")
    EVERYONE_RANGE = "everyone_range", _("a rule for everyone and a range of dates")
    PERSON_WEEKDAY = "person_weekday", _("a rule for the person and a weekday")
    EVERYONE_WEEKDAY = "everyone_weekday", _("a rule for everyone and a weekday")
    PERSON = "person", _("a rule for the person")
    EVERYONE = "everyone", _("a rule for everyone")
    DEFAULT = "default", _("the default of this installation")
    RANDOM = "random", _("picked at random, for demonstrations")


class DailyLimitQuerySet(models.QuerySet["DailyLimit"]):
    """Reads of limits."""

    def of(self, user_id: int, date: datetime.date) -> "DailyLimitQuerySet":
        """One person's day."""
        return self.filter(user_id=user_id, date=date)

    def between(self, user_id: int, first: datetime.date, last: datetime.date) -> "list[DailyLimit]":
        """One person's set days, including both dates. Every refusal reads them."""
        return [DailyLimit.of_row(row) for row in rows(_WINDOW, {"user": user_id, "first": first, "last": last})]

    def with_room(self, effort: int) -> "DailyLimitQuerySet":
        """Days on which so much more fits. It filters on the day's own columns only, so that PostgreSQL checks a
        guarded update again after it waited for another transaction."""
        # Added and not subtracted: MariaDB's columns have no numbers below 0.
        return self.filter(maximum__gte=F("taken") + effort)

    def locked(self) -> "DailyLimitQuerySet":
        """These rows, locked in the order of their ids. On SQLite the transaction itself is the lock."""
        return self.order_by("pk").select_for_update(no_key=connections[self.db].features.has_select_for_no_key_update)

    def snapshots(self) -> "Iterator[DaySnapshot]":
        """The same days as snapshots, for work that reads many of them."""
        return (DaySnapshot(*row) for row in self.values_list(*DaySnapshot.columns()))


class _Capacity:
    """How much of a day is taken, how much fits, and why."""

    __slots__ = ()
    maximum: Any
    taken: Any
    source_kind: Any
    source_rule: Any
    source_reason: Any

    @property
    def remaining(self) -> int:
        """How much more fits on this day."""
        more: int = self.maximum - self.taken
        return more

    @property
    def source(self) -> dict[str, Any]:
        """Where the maximum came from: `kind`, the `rule`'s id if it was one, and the `reason`."""
        return {"kind": self.source_kind, "rule": self.source_rule, "reason": self.source_reason}


class DailyLimit(_Capacity, ReadOften):
    """One person's limit on one date, and how much of it is taken. Only `apps.services.slots` writes `taken`, the sum
    of the efforts of the day's assignments.

    `wanted` is the limit that the rules or a person ask for, and `maximum = max(wanted, taken)` is the one that holds.
    If more is taken than is wanted now, nothing more gets in, and every task taken away lowers `maximum` down to
    `wanted`.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # People are deactivated, not deleted: their history stays.
        on_delete=models.PROTECT,
        related_name="daily_limits",
        # The unique constraint's index begins with it.
        db_index=False,
    )
    date = models.DateField()
    wanted = models.PositiveSmallIntegerField()
    maximum = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    # A copy of the rule, without a foreign key: a rule can be deleted, and a refusal still explains itself.
    source_kind = models.CharField(max_length=16, choices=Source.choices)
    source_rule = models.BigIntegerField(null=True, blank=True)
    source_reason = models.CharField(max_length=255, blank=True)
    # The version of the rules that this day was last picked with.
    rules_version = models.BigIntegerField()
    # How many wait for room on this day. The statement that frees room reads it, and so costs nothing more where nobody
    # waits. The database has the default too, for processes of older versions.
    waiting = models.SmallIntegerField(default=0, db_default=0, editable=False)

    objects = DailyLimitQuerySet.as_manager()

    class Meta:
        constraints = [
            # The take and every read of one person's days.
            models.UniqueConstraint(fields=["user", "date"], name="togo_limit_user_date"),
            # What assignments refer to, so that theirs is the person of their day. The id comes last: MariaDB would
            # lock days by their ids in this index first, and a day in the primary key first elsewhere: a deadlock.
            models.UniqueConstraint(fields=["user", "id"], name="togo_limit_user_id"),
            # The rule itself: the database keeps it, whatever the code does.
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=F("maximum")), name="togo_limit_taken_within_maximum"
            ),
            models.CheckConstraint(
                condition=Q(maximum__gte=F("wanted")) & (Q(maximum=F("wanted")) | Q(maximum=F("taken"))),
                name="togo_limit_maximum_is_wanted_or_taken",
            ),
        ]
        indexes = [
            # Finding the days of a date that were picked with older rules; reading everyone's limit of a date.
            models.Index(fields=["date", "rules_version"], name="togo_limit_date_version"),
            # The assignments of a date, or of several, by date and person.
            models.Index(fields=["date", "user"], name="togo_limit_date_user"),
            # Who is free on a date, most room first. MariaDB has no indexes of expressions, and sorts.
            models.Index(F("date"), (F("maximum") - F("taken")).desc(), F("user"), name="togo_limit_date_room"),
        ]

    def __str__(self) -> str:
        return gettext("%(user)s on %(date)s: %(taken)d of %(maximum)d") % {
            "user": self.user.display_name,
            "date": date_format(self.date),
            "taken": self.taken,
            "maximum": self.maximum,
        }

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> "DailyLimit":
        """The day with these values of the columns of `DAY`."""
        columns = dict(zip(DAY_COLUMNS, row, strict=True))
        columns["date"] = as_date(columns["date"])
        return object_of(cls, columns)


@dataclasses.dataclass(slots=True)
class DaySnapshot(_Capacity):
    """A day as it was read. Where there are many, it is made in a tenth of the time that a `DailyLimit` takes."""

    # 0 for a day that isn't set yet.
    id: int
    user_id: int
    date: datetime.date
    maximum: int
    taken: int
    source_kind: str
    source_rule: int | None
    source_reason: str
    waiting: int

    @classmethod
    def columns(cls) -> list[str]:
        """The columns of the table that it holds, in this order."""
        return [field.name for field in dataclasses.fields(cls)]

    @classmethod
    def of(cls, day: DailyLimit) -> "DaySnapshot":
        """A snapshot of this day."""
        return cls(day.id or 0, *(getattr(day, name) for name in cls.columns()[1:]))


class LimitDay(models.Model):
    """A date on which everybody needs a limit. The request that inserts the row asks for the job that sets them; the
    periodic job finishes each date without `done_at`, so that nothing depends on the broker."""

    date = models.DateField(primary_key=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # The periodic job looks for the dates that aren't done.
        indexes = [models.Index(fields=["done_at"], name="togo_limit_day_done")]

    def __str__(self) -> str:
        return f"{self.date} ({'done' if self.done_at else 'not done yet'})"
