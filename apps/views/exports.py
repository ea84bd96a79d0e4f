"""Exports of assignments to CSV files."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request

from apps.exceptions.base import NotAllowed
from apps.serializers.assignments import AssignmentFilterSerializer
from apps.services import exports
from apps.services.shared import permissions, replica
from apps.services.shared.permissions import require_person
from apps.views.assignments import matching
from apps.views.http.archive import with_archive
from apps.views.http.renderers import CsvView, csv_file
from apps.views.http.schema import documented


class ExportView(CsvView):
    """`/api/users/assignment/export.csv`"""

    @documented(
        "Import and export",
        "Export assignments",
        parameters=[AssignmentFilterSerializer],
        responses={200: OpenApiTypes.STR},
        errors=[NotAllowed],
    )
    @replica.may_answer
    def get(self, request: Request) -> StreamingHttpResponse:
        """A CSV file with the columns `id,task,task_name,user,username,date,effort,status,taskmaster,created_at,label`.

        For taskmasters. It has every assignment that matches the filters, ordered by id, and can be edited and
        imported. A text that a spreadsheet would run as a formula gets an apostrophe in front. If the
        installation archives old days (`TOGO_KEEP_DAYS`), the header `ToGo-Archived-Before` names the date before which
        assignments that were done are missing.
        """
        actor = require_person(request.user)
        permissions.require_taskmaster(actor)
        query = AssignmentFilterSerializer.read(request)
        file = csv_file("assignments.csv", exports.export(actor=actor, assignments=matching(query)))
        return with_archive(file, query.get("date_from"))
