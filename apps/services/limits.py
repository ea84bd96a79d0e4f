"""Sets daily limits: one person's when it is first needed, everyone's by the daily job, and by hand."""

import datetime
from collections.abc import Iterable, Iterator, Mapping

from django.db import IntegrityError, connection
from django.db.models import DateField, Exists, F, Func, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.constants import OnConflict
from django.db.models.functions import Coalesce
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.assignments import DateOutOfRange
from apps.models import DailyLimit, LimitDay, LimitRule, User
from apps.models.base import DayKey
from apps.models.composed import read_rows
from apps.models.events import Kind
from apps.models.limits import Source
from apps.services import events, slots, unit_of_work
from apps.services.shared import past, permissions, picking, refusals, repicking
from apps.services.shared.formats import HIGHEST_ID

# People per chunk of the daily job: others wait a few milliseconds for a chunk's transaction.
PEOPLE_PER_CHUNK = 1000
# The most days of a person that are read at once.
READ_DAYS = 92
# A person who was added this long before a date was noted as done may have been missed: their transaction was not
# committed yet, or their clock was behind.
_SETTLING = datetime.timedelta(minutes=10)
# Sent after the commit with `date`: someone needed a limit on a date whose limits aren't set for everybody yet.
date_requested = Signal()


# --- one person's day -------------------------------------------------------------------------------------------


def create_days(days: Iterable[DayKey]) -> None:
    """Insert these people's days with the limits that the rules pick. Existing rows stay as they are.

    1. Pick the limits, and remember the version of the rules.
    2. Insert the rows in one short transaction, sorted: two transactions that insert the same days wait for each other
       and don't deadlock.
    3. Compare the version again. If the rules changed in between, that change did not find these days: pick them again.
    """
    days = sorted(set(days))
    people = {user_id for user_id, _ in days}
    dates = [date for _, date in days]
    picker = picking.load(people, min(dates), max(dates))
    rows = [unset_day(picker, user_id, date) for user_id, date in days]

    def insert() -> None:
        DailyLimit.objects.bulk_create(rows, ignore_conflicts=True)
        # After the insert: the archive may have taken the same days away meanwhile, and closed their dates before.
        permissions.require_open(min(dates))

    unit_of_work.run(insert)
    if picking.current_version() != picker.version:
        repicking.repick(DailyLimit.objects.filter(user__in=people, date__in=set(dates)))


def request_date(date: datetime.date) -> None:
    """Note that everybody needs a limit of this date. The first call for a date asks for the job that sets them."""
    if LimitDay.objects.filter(pk=date).exists():
        return
    try:
        unit_of_work.run(lambda: LimitDay.objects.create(pk=date))
    except IntegrityError:
        return  # Another request inserted the row at the same moment.
    unit_of_work.after_commit(lambda: date_requested.send(sender=LimitDay, date=date))


def set_by_hand(*, actor: User, user_id: int, date: datetime.date, maximum: int, reason: str = "") -> DailyLimit:
    """Set one person's limit of one date, whatever the rules say, until it is given back to them.

    Raises `NotAllowed`, `DateOutOfRange`, `UserNotFound`, and `LimitBelowTaken` when the person has more already.
    """
    permissions.require_taskmaster(actor)
    permissions.require_date(date)
    permissions.require_may_see_days_of(actor, [user_id])

    def work() -> DailyLimit:
        days = DailyLimit.objects.of(user_id, date)
        before = days.locked().first()
        if before is None:
            raise slots.DayMissing((user_id, date))
        if before.taken > maximum:
            raise refusals.limit_below_taken(before)
        pick = picking.Pick(maximum, Source.HAND, reason=reason)
        if (before.wanted, before.source_kind, before.source_reason) != (pick.maximum, pick.kind, pick.reason):
            _note(Kind.LIMIT_SET, actor, before, maximum, reason=reason)
        # After the event: it comes before those of the tasks that get the room.
        slots.resize(actor=actor, days=[before], pick=pick)
        return days.get()

    return unit_of_work.run(work)


def give_back(*, actor: User, user_id: int, date: datetime.date) -> DailyLimit:
    """Give a day that was set by hand back to the rules; another one stays as it is.

    Raises `NotAllowed` and `UserNotFound`.
    """
    permissions.require_taskmaster(actor)
    permissions.require_may_see_days_of(actor, [user_id])

    def work() -> DailyLimit:
        # Lock the day before reading the rules: a later change of the rules waits for the lock, and then sees this day.
        before = DailyLimit.objects.of(user_id, date).locked().first()
        picker = picking.load([user_id], date, date)
        if before is None or before.source_kind != Source.HAND:
            return before or unset_day(picker, user_id, date)
        maximum = max(picker.pick(user_id, date).maximum, before.taken)
        _note(Kind.LIMIT_GIVEN_BACK, actor, before, maximum)
        repicking.apply_picks(picker, [before], actor=actor, keep_hand=False)
        return DailyLimit.objects.get(pk=before.pk)

    return unit_of_work.run(work)


def _note(kind: Kind, actor: User, before: DailyLimit, maximum: int, **more: object) -> None:
    was = {"maximum": before.maximum, "source": before.source}
    data = {"maximum": maximum, **more, "before": was}
    events.note(kind, actor_id=actor.pk, user_id=before.user_id, date=before.date, data=data)


def read(
    *, user_ids: list[int], first: datetime.date, last: datetime.date, rules: Iterable[LimitRule] | None = None
) -> Iterator[DailyLimit]:
    """The days of these people from `first` to `last`, by person and date. A day that isn't set yet is as it would be
    set now, and one in the archive has the numbers that it had; both have no `pk`. Refusals are decided by the same
    rows and the same picker. `rules` are those of these people and dates, if the caller has read them already."""
    rows = DailyLimit.objects.filter(user__in=user_ids, date__gte=first, date__lte=last)
    found = {(day.user_id, day.date): day for day in (*past.days(user_ids, first, last), *rows)}
    picker = picking.load_to_tell(user_ids, first, last) if rules is None else picking.Picker(0, rules)
    for user_id in user_ids:
        for offset in range((last - first).days + 1):
            date = first + datetime.timedelta(days=offset)
            yield found.get((user_id, date)) or unset_day(picker, user_id, date)


def read_range(
    *,
    actor: User,
    user_ids: list[int] | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
) -> list[DailyLimit]:
    """The days of these people, or of `actor`, from `first` (default: today) to `last` (default: `first`); see `read`.

    Raises `DateOutOfRange` for more than 92 days, and `UserNotFound`, also for others when `actor` is no taskmaster.
    """
    user_ids = list(dict.fromkeys(user_ids or [actor.pk]))
    permissions.require_may_see_days_of(actor, user_ids)
    first = first or last or permissions.today()
    last = last or first
    if (last - first).days >= READ_DAYS:
        raise DateOutOfRange(gettext("At most %(read_days)s days can be read at once.") % {"read_days": READ_DAYS})
    return list(read(user_ids=user_ids, first=first, last=last))


def today_of(person: User) -> DailyLimit:
    """A person's limit of today."""
    today = permissions.today()
    # Nearly always it is set, and then one statement finds it.
    found = DailyLimit.objects.between(person.pk, today, today)
    return found[0] if found else next(read(user_ids=[person.pk], first=today, last=today))


def unset_day(picker: picking.Picker, user_id: int, date: datetime.date) -> DailyLimit:
    """An unsaved day with the limit that would be set now."""
    pick = picker.pick(user_id, date)
    return DailyLimit(
        user_id=user_id,
        date=date,
        wanted=pick.maximum,
        maximum=pick.maximum,
        source_kind=pick.kind,
        source_rule=pick.rule,
        source_reason=pick.reason,
        rules_version=picker.version,
    )


# --- everyone's day ---------------------------------------------------------------------------------------------


def due_dates() -> list[datetime.date]:
    """The dates whose limits the periodic job sets: today, tomorrow, and every requested date that isn't done."""
    today = permissions.today()
    asked = LimitDay.objects.filter(done_at__isnull=True).values_list("date", flat=True)
    return sorted({today, today + datetime.timedelta(days=1), *asked})


def count_missing(date: datetime.date) -> int:
    """The number of active people who have no limit on that date yet."""
    return _missing(date).count()


def missing_chunks(date: datetime.date) -> Iterator[tuple[int, int]]:
    """The first and last id of each chunk of active people in which someone has no limit on that date yet."""
    if not _missing(date).exists():
        return
    people = User.objects.active().order_by("pk").values_list("pk", flat=True)
    first = people.first()
    while first:
        ids = list(people.filter(pk__gte=first)[: PEOPLE_PER_CHUNK + 1])
        chunk, first = (ids[0], ids[:PEOPLE_PER_CHUNK][-1]), (ids[PEOPLE_PER_CHUNK:] or [0])[0]
        if _missing(date, *chunk).exists():
            yield chunk


def set_chunk(date: datetime.date, first_id: int, last_id: int) -> int:
    """Set the limit on that date for each active person from `first_id` to `last_id` who has none; returns how many.

    It only inserts rows. So it may run twice, at the same time or in part, and existing rows stay as they are.
    """
    people = _missing(date, first_id, last_id)
    picker = picking.load([], date, date)
    own = picking.with_limits_of_their_own(people, date, date)
    if own:
        create_days((user_id, date) for user_id in own)

    def insert() -> int:
        if inserted := _copy_to(people.exclude(pk__in=own), unset_day(picker, 0, date)):
            permissions.require_open(date)
        return inserted

    number = len(own) + unit_of_work.run(insert)
    # As in `create_days`. People who have got a rule of their own meanwhile are picked again, too.
    if number and picking.current_version() != picker.version:
        repicking.repick(DailyLimit.objects.filter(date=date, user__gte=first_id, user__lte=last_id))
    # The INSERT ignored existing rows, which also hides every other reason for a missing row: look for missing ones.
    if left := list(people.all()[:1]):
        raise IntegrityError(f"The limit of {date} could not be set for the person with the id {left[0]}.")
    return number


def finish_date(date: datetime.date) -> int:
    """Note that date as done if everybody's limit is set; returns for how many people it is set."""
    if not _missing(date).exists():
        unit_of_work.run(lambda: LimitDay.objects.update_or_create(pk=date, defaults={"done_at": timezone.now()}))
    return DailyLimit.objects.filter(date=date).count()


def is_set_for_everybody(date: datetime.date) -> bool:
    """Whether every active person has a limit on that date, including people added after it was noted as done."""
    if not (found := read_rows(_done, (), {"date": date})):
        return False
    [(done_at, newest)] = found
    since = done_at - _SETTLING
    # Every page of free people asks this, so look at single people only if some were added since.
    return bool(newest < since or not _missing(date).filter(active_since__gte=since).exists())


def _done(*, date: datetime.date) -> QuerySet[LimitDay, tuple[datetime.datetime, datetime.datetime]]:
    """When that date was noted as done, if it was, and when the newest person was added."""
    newest = User.objects.order_by("-active_since").values("active_since")[:1]
    return LimitDay.objects.filter(pk=date, done_at__isnull=False).values_list("done_at", Subquery(newest))


def _missing(date: datetime.date, first_id: int = 0, last_id: int = HIGHEST_ID) -> QuerySet[User, int]:
    """The ids of active people between these ids who have no limit on that date, sorted.

    The subquery has the same bounds, so that a chunk doesn't read the days of everybody.
    """
    # Not the bare date: PostgreSQL would plan by its statistics, in which a new date doesn't occur.
    some_date = Func(date, template="(SELECT %(expressions)s)", output_field=DateField())
    days = DailyLimit.objects.filter(user=OuterRef("pk"), date=some_date, user__gte=first_id, user__lte=last_id)
    people = User.objects.active().filter(~Exists(days), pk__gte=first_id, pk__lte=last_id)
    return people.order_by("pk").values_list("pk", flat=True)


def _copy_to(people: QuerySet[User, int], day: DailyLimit) -> int:
    """Insert a day like this one for each of these ids of people, in one statement, and return how many were inserted.
    Existing rows stay as they are."""
    fields = {field.attname: field for field in DailyLimit._meta.concrete_fields}  # noqa: SLF001 - documented
    copied = [name for name in fields if name not in {"id", "user_id"}]
    select, params = people.values_list(
        "pk", *(Value(getattr(day, name), fields[name]) for name in copied)
    ).query.sql_with_params()
    # Django has the parts of this statement for each database, but no call for all of it.
    ignore = OnConflict.IGNORE
    into = f"{connection.ops.insert_statement(ignore)} togo_dailylimit (user_id, {', '.join(copied)})"
    suffix = connection.ops.on_conflict_suffix_sql([], ignore, [], [])
    with connection.cursor() as cursor:
        cursor.execute(f"{into} {select} {suffix}", params)
        return int(cursor.rowcount)


def drifted() -> Iterator[Mapping[str, object]]:
    """Every day whose `taken` differs from the sum of its assignments' efforts, `counted`. There should be none."""
    # Not grouped by the id, as Django prefers: where days are partitioned by person, the id alone is no key.
    days = DailyLimit.objects.values("user_id", "date", "maximum", "taken")
    sums = days.annotate(counted=Coalesce(Sum("assignments__effort"), 0)).exclude(counted=F("taken"))
    return sums.order_by("user_id", "date").iterator()
