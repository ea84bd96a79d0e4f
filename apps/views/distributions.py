"""Distributions: share out a pile of tasks, then apply the plan."""

from typing import Any

from rest_framework.request import Request

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.base import NotAllowed, NotFound
from apps.exceptions.distributions import DistributionTooLarge, PlanApplied, PlanOutdated
from apps.exceptions.tasks import TaskInactive, TaskNotFound
from apps.exceptions.users import UserInactive, UserNotFound
from apps.serializers.bulk import BulkAllSerializer, BulkEachSerializer
from apps.serializers.distributions import (
    DistributionApplySerializer,
    DistributionCreateSerializer,
    DistributionSerializer,
)
from apps.serializers.imports import ImportSerializer
from apps.services import distributions
from apps.services.shared import permissions
from apps.services.shared.permissions import require_person
from apps.views.bulk import result_of
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.idempotency import idempotent
from apps.views.http.schema import ID, documented

TAG = "Distributions"


class DistributionsView(ApiView):
    """`/api/users/distribution/`"""

    @documented(
        TAG,
        "Plan many tasks",
        request=DistributionCreateSerializer,
        responses={200: DistributionSerializer},
        errors=[
            NotAllowed,
            DateOutOfRange,
            DistributionTooLarge,
            TaskNotFound,
            UserNotFound,
            TaskInactive,
            UserInactive,
        ],
    )
    def post(self, request: Request) -> JsonResponse:
        """Shares tasks out among people and days within their limits, and assigns nothing. For taskmasters.

        As many tasks as can be placed are placed, and nobody gets a task twice on a date. If all efforts are equal, the
        plan is as good as any (`optimal`). The same request gets the same plan as long as nothing changes. A task or
        person that can't be assigned is refused as in a single call, with the position of its `item`. Apply the plan
        until `expires_at`, a day later.
        """
        actor = require_person(request.user)
        permissions.require_taskmaster(actor)
        data = DistributionCreateSerializer.read(request)
        plan = distributions.propose(actor=actor, request=_asked(data))
        return JsonResponse(DistributionSerializer.show(plan))


class DistributionApplyView(ApiView):
    """`/api/users/distribution/{id}/apply/`"""

    @documented(
        TAG,
        "Apply a plan",
        parameters=[ID],
        request=DistributionApplySerializer,
        responses={201: BulkAllSerializer, 202: ImportSerializer, 207: BulkEachSerializer},
        errors=[NotAllowed, NotFound, PlanApplied, PlanOutdated],
    )
    @idempotent
    def post(self, request: Request, id: int) -> JsonResponse:
        """Assigns what a plan proposes, once. For the taskmaster who asked for it and for admins.

        Up to 1,000 assignments are made as in a bulk call. If in the mode `all` something no longer fits, nothing is
        assigned, and `plan_outdated` lists the reasons. More than 1,000 are assigned by a job, like an import (202): in
        the mode `all` it starts only if everything fits at that moment, and its report tells what others took since.
        """
        actor = require_person(request.user)
        data = DistributionApplySerializer.read(request)
        applied = distributions.apply(
            actor=actor, distribution_id=id, mode=data["mode"], without=frozenset(data["without"])
        )
        if applied.job:
            answer = ImportSerializer(applied.job, context={"request": request}).data
            return JsonResponse(answer, status=202, headers=location(request, "import", applied.job.pk))
        if data["mode"] == "all":
            return JsonResponse(BulkAllSerializer({"assignments": applied.outcomes}).data, status=201)
        return JsonResponse({"results": [result_of(*pair) for pair in enumerate(applied.outcomes)]}, status=207)


def _asked(data: dict[str, Any]) -> distributions.Request:
    wishes = [
        distributions.Wish(
            item["task"],
            item["count"],
            item.get("effort"),
            item.get("users"),
            item.get("date_from"),
            item.get("date_to"),
        )
        for item in data["items"]
    ]
    return distributions.Request(wishes, data.get("users"), data["date_from"], data["date_to"], data["objective"])
