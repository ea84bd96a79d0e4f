"""Many assignments at once."""

from typing import Any

from rest_framework.request import Request

from apps.exceptions.assignments import BulkRefused
from apps.exceptions.base import NotAllowed, ToGoError
from apps.serializers.assignments import AssignmentSerializer
from apps.serializers.bulk import BulkAllSerializer, BulkEachSerializer, BulkSerializer
from apps.services import bulk
from apps.services.shared import permissions
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.idempotency import idempotent
from apps.views.http.problems import translate
from apps.views.http.schema import documented


class BulkView(ApiView):
    """`/api/users/assignment/bulk/`"""

    @documented(
        "Assignments",
        "Assign many tasks",
        request=BulkSerializer,
        responses={201: BulkAllSerializer, 207: BulkEachSerializer},
        errors=[NotAllowed, BulkRefused],
    )
    @idempotent
    def post(self, request: Request) -> JsonResponse:
        """Assigns up to 1,000 tasks in one step. For taskmasters.

        With the mode `all`, everything is assigned, or nothing, and then the answer lists every failure. With `each`,
        every item that fits is assigned, in this order, and the answer (207) has the result of each.
        """
        actor = permissions.require_person(request.user)
        permissions.require_taskmaster(actor)
        data = BulkSerializer.read(request)
        asked = [_asked(item) for item in data["assignments"]]
        if data["mode"] == "all":
            made = bulk.assign_all(actor=actor, asked=asked)
            return JsonResponse(BulkAllSerializer({"assignments": made}).data, status=201)
        outcomes = bulk.assign_each(actor=actor, asked=asked)
        return JsonResponse({"results": [result_of(*pair) for pair in enumerate(outcomes)]}, status=207)


def _asked(item: Any) -> bulk.Asked:
    if isinstance(item, dict):
        return bulk.Item(item["task"], item["user"], item["date"], item.get("effort"))
    error = translate(item)
    assert error
    return error


def result_of(index: int, outcome: bulk.Outcome) -> dict[str, Any]:
    """The result of one item, as it is answered."""
    if isinstance(outcome, ToGoError):
        return {"index": index, "status": outcome.status, "error": outcome.as_problem()}
    return {"index": index, "status": 201, "assignment": AssignmentSerializer.show(outcome)}
