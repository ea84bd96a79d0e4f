"""Distributions: share a pile of tasks out among people and days, and assign it once somebody has agreed.

A proposal only reads. It is stored until it expires, and writes nothing else; applying it goes through `bulk`.
"""

import datetime
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from apps.exceptions.assignments import BulkRefused
from apps.exceptions.base import InvalidRequest, NotFound, ToGoError, TryAgain
from apps.exceptions.distributions import PlanApplied, PlanOutdated
from apps.models import Distribution, Import, User
from apps.services import bulk, imports, unit_of_work
from apps.services.distributions.answer import answer_of
from apps.services.distributions.reading import MOST_TASKS, Request, Wish, read_problem
from apps.services.planner.child import TooSlow, plan_for
from apps.services.shared import permissions
from apps.services.shared.formats import parse_date

__all__ = ["MOST_TASKS", "Applied", "Request", "Wish", "apply", "get", "propose", "remove_old"]

KEPT = datetime.timedelta(hours=24)
# More than this is assigned by a job.
MOST_AT_ONCE = 1000


class Applied(NamedTuple):
    """What became of a plan: the outcome of each assignment, or the job that makes them."""

    outcomes: list[bulk.Outcome]
    job: Import | None = None


def propose(*, actor: User, request: Request) -> Distribution:
    """Compute who should do what when, and store the proposal. Nothing is assigned and no limit is set.

    The same request in the same state gets the same plan. Raises `NotAllowed`, `DateOutOfRange`, `InvalidRequest`,
    `DistributionTooLarge`, `TryAgain`, and the refusal of a task or person with the position of its `item`.
    """
    permissions.require_taskmaster(actor)
    problem = read_problem(request)
    try:
        plan = plan_for(problem)
    except TooSlow as slow:
        raise TryAgain(str(slow), retry_after=60) from None
    answer = answer_of(problem, plan)
    asked = {
        "items": [_as_json(wish) for wish in request.wishes],
        "users": None if request.user_ids is None else list(request.user_ids),
        "date_from": request.first.isoformat(),
        "date_to": request.last.isoformat(),
        "objective": request.objective,
    }
    expires_at = timezone.now() + KEPT
    return unit_of_work.run(
        lambda: Distribution.objects.create(taskmaster=actor, asked=asked, plan=answer, expires_at=expires_at)
    )


def get(*, actor: User, distribution_id: int) -> Distribution:
    """A proposal of `actor` that hasn't expired; admins see all. Raises `NotAllowed` and `NotFound`."""
    permissions.require_taskmaster(actor)
    return _required(Distribution.objects.usable_by(actor).filter(pk=distribution_id).first(), distribution_id)


def apply(*, actor: User, distribution_id: int, mode: str, without: Collection[int] = ()) -> Applied:
    """Assign what a plan proposes, except the assignments at the positions `without`.

    With the mode `all`, everything or nothing; with `each`, everything that still fits. More than 1,000 assignments are
    left to a job, which assigns each that fits; with `all` it is started only if all of them fit now.

    Raises `NotAllowed`, `NotFound`, `InvalidRequest`, `PlanApplied`, `PlanOutdated` with what no longer fits, and
    `TryAgain`; then nothing is written.
    """
    permissions.require_taskmaster(actor)

    def work() -> Applied:
        # Locked, so that of two calls at the same time the second one finds that the plan is applied.
        found = Distribution.objects.usable_by(actor).locked().filter(pk=distribution_id).first()
        plan = _required(found, distribution_id)
        if plan.applied_at:
            raise PlanApplied(
                gettext("This plan was carried out at %(applied_at)s UTC.")
                % {"applied_at": f"{plan.applied_at:%Y-%m-%d %H:%M}"},
                applied_at=plan.applied_at,
            )
        chosen = _chosen(plan.plan["assignments"], without)
        applied = _apply(actor, chosen, mode)
        plan.applied_at, plan.job = timezone.now(), applied.job
        plan.save(update_fields=["applied_at", "job"])
        return applied

    return unit_of_work.run(work)


def remove_old() -> int:
    """Delete the proposals that have expired; returns how many."""
    return unit_of_work.run(lambda: Distribution.objects.filter(expires_at__lte=timezone.now()).delete()[0])


def _apply(actor: User, chosen: dict[int, bulk.Item], mode: str) -> Applied:
    items = list(chosen.values())
    if len(items) > MOST_AT_ONCE:
        if mode == "all":
            _require_all_fit(chosen, bulk.predict(items))
        return Applied([], imports.start_items(actor=actor, items=items))
    if mode == "each":
        return Applied(bulk.assign_each(actor=actor, asked=items))
    try:
        return Applied([*bulk.assign_all(actor=actor, asked=items)])
    except BulkRefused as refusal:
        places = list(chosen)
        failures = [{**one, "index": places[one["index"]]} for one in refusal.data["failures"]]
        raise _outdated(failures, chosen) from None


def _require_all_fit(chosen: dict[int, bulk.Item], outcomes: Sequence[object]) -> None:
    failures = [
        {"index": place, **outcome.as_problem()}
        for place, outcome in zip(chosen, outcomes, strict=True)
        if isinstance(outcome, ToGoError)
    ]
    if failures:
        raise _outdated(failures, chosen)


def _outdated(failures: list[dict[str, Any]], chosen: dict[int, bulk.Item]) -> PlanOutdated:
    for one in failures:
        item = chosen[one["index"]]
        one.update(task=item.task_id, user=item.user_id, date=item.date)
    text = ngettext(
        "%(number)d assignment no longer fits, so nothing is assigned; ask for a new plan.",
        "%(number)d assignments no longer fit, so nothing is assigned; ask for a new plan.",
        len(failures),
    )
    return PlanOutdated(text % {"number": len(failures)}, failures=failures)


def _chosen(assignments: list[dict[str, Any]], without: Collection[int]) -> dict[int, bulk.Item]:
    """The assignments to make, by their position in the plan."""
    if unknown := set(without) - set(range(len(assignments))):
        message = f"The plan has no assignment {min(unknown)}; they count from 0 to {len(assignments) - 1}."
        raise InvalidRequest(message, errors=[{"field": "without", "code": "invalid", "message": message}])
    left_out = set(without)
    return {
        place: bulk.Item(one["task"], one["user"], parse_date(one["date"]), one["effort"])
        for place, one in enumerate(assignments)
        if place not in left_out
    }


def _required(plan: Distribution | None, number: int) -> Distribution:
    if plan is None:
        raise NotFound(gettext("There is no plan with the id %(number)s, or it has expired.") % {"number": number})
    return plan


def _as_json(wish: Wish) -> dict[str, Any]:
    asked = {
        "task": wish.task_id,
        "count": wish.number,
        "effort": wish.effort,
        "users": None if wish.user_ids is None else list(wish.user_ids),
        "date_from": wish.first and wish.first.isoformat(),
        "date_to": wish.last and wish.last.isoformat(),
    }
    return {name: value for name, value in asked.items() if value is not None}
