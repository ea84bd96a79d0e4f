"""Imports of assignments from CSV files."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiRequest
from rest_framework.request import Request

from apps.exceptions.base import NotAllowed, NotFound
from apps.serializers.imports import ImportCreateSerializer, ImportSerializer
from apps.services import imports
from apps.services.shared import permissions
from apps.services.shared.formats import DateOrder
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.idempotency import idempotent
from apps.views.http.parsers import FileFormParser
from apps.views.http.renderers import CsvView, csv_file
from apps.views.http.schema import ID, documented

TAG = "Import and export"


class ImportsView(ApiView):
    """`/api/users/assignment/import/`"""

    parser_classes = [FileFormParser]

    @documented(
        TAG,
        "Import assignments",
        request=OpenApiRequest(ImportCreateSerializer, encoding={"file": {"contentType": "text/csv"}}),
        responses={202: ImportSerializer},
        errors=[NotAllowed],
    )
    @idempotent
    def post(self, request: Request) -> JsonResponse:
        """Takes a CSV file; a job assigns its rows afterwards, one after the other. For taskmasters.

        The answer has the addresses of the progress and of the report. A file that can't be parsed is refused as a
        whole, with the line. A row that can't be assigned is refused in the report, with the code of the single call.
        Exports and reports can be imported, too: columns that an import doesn't need are ignored. Imports are deleted
        after 30 days.
        """
        actor = require_person(request.user)
        permissions.require_taskmaster(actor)
        data = ImportCreateSerializer.read(request)
        heads = {name: data[f"{name}_column"] for name in imports.ALL_COLUMNS if f"{name}_column" in data}
        import_ = imports.start(
            actor=actor,
            file=data["file"],
            dry_run=data["dry_run"] == "true",
            heads=heads,
            order=DateOrder(data["dates"]),
        )
        answer = ImportSerializer(import_, context={"request": request}).data
        return JsonResponse(answer, status=202, headers=location(request, "import", import_.pk))


class ImportView(ApiView):
    """`/api/users/assignment/import/{id}/`"""

    @documented(
        TAG, "Read an import", parameters=[ID], responses={200: ImportSerializer}, errors=[NotAllowed, NotFound]
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """The progress of an import, for the taskmaster who sent it and for admins."""
        import_ = imports.get(actor=require_person(request.user), import_id=id)
        return JsonResponse(ImportSerializer(import_, context={"request": request}).data)


class ImportReportView(CsvView):
    """`/api/users/assignment/import/{id}/report.csv`"""

    @documented(
        TAG,
        "Read the report of an import",
        parameters=[ID],
        responses={200: OpenApiTypes.STR},
        errors=[NotAllowed, NotFound],
    )
    def get(self, request: Request, id: int) -> StreamingHttpResponse:
        """A CSV file with a line for each row: `line,task,user,date,status,code,detail,assignment,next_free_date`.

        `status` is `accepted`, `refused` or `not_done`, and in a dry run `would_be_accepted`; a refusal has its `code`
        and `detail`. In a dry run `next_free_date` doesn't count what other rows ask for.
        """
        import_ = imports.get(actor=require_person(request.user), import_id=id)
        return csv_file(f"import-{import_.pk}.csv", imports.report(import_))
