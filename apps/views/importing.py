"""Importing a CSV file: a trial run, its report, and then the import itself."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.base import InvalidRequest, PayloadTooLarge
from apps.forms.board import BoardForm
from apps.forms.importing import FileForm, ReportForm
from apps.models import Import
from apps.services import exports, imports
from apps.services.board import pages
from apps.services.board.looks import Span
from apps.services.imports import looking
from apps.services.shared import permissions
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, valid
from apps.views.http.parsers import require_upload_fits
from apps.views.http.renderers import csv_file

SHOWN = 10
ROWS_PER_PAGE = 100


# The CSRF check reads the whole body. So the size is checked first, and the CSRF check is done by `_files`.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@page
def files(request: HttpRequest) -> HttpResponse:
    """`/import/`: the latest imports; POST takes a file and starts a trial run."""
    if request.method == "POST":
        require_upload_fits(request.META)
    return _files(request)


@csrf_protect
def _files(request: HttpRequest) -> HttpResponse:
    actor = require_person(request.user)
    latest = imports.latest(actor=actor, most=SHOWN)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_valid():
        try:
            tried = imports.start(
                actor=actor, file=form.cleaned_data["file"], dry_run=True, heads=form.heads, order=form.order
            )
            return redirect("importing", tried.pk)
        except (InvalidRequest, PayloadTooLarge) as refusal:
            form.add_error("file", _why(refusal))
    context = {
        "form": form,
        # Browsers without scripts choose the columns here.
        "look": _look_of(request, form) if "file" in request.FILES else None,
        "latest": latest,
        "most_rows": number_format(settings.TOGO_IMPORT_MAX_ROWS, force_grouping=True),
        "most_megabytes": f"{settings.TOGO_IMPORT_MAX_BYTES / 1_000_000:g}",
    }
    return render(request, "importing/files.html", context, status=400 if form.errors else 200)


@csrf_exempt
@require_POST
@page
def look(request: HttpRequest) -> HttpResponse:
    """`/import/look/`: how the beginning of a file is understood, with these columns and this order of dates."""
    require_upload_fits(request.META)
    return _look(request)


@csrf_protect
def _look(request: HttpRequest) -> HttpResponse:
    permissions.require_taskmaster(require_person(request.user))
    form = FileForm(request.POST, request.FILES)
    valid(form)
    return render(request, "importing/_look.html", {"look": _look_of(request, form)})


def _look_of(request: HttpRequest, form: FileForm) -> looking.Look:
    file: Any = request.FILES["file"]
    return looking.look(actor=require_person(request.user), file=file, heads=form.heads, order=form.order)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def one(request: HttpRequest, id: int) -> HttpResponse:
    """`/import/{id}/`: the progress, then the report; POST imports the file of a trial run."""
    actor = require_person(request.user)
    if request.method == "POST":
        return redirect("importing", imports.start_for_real(actor=actor, import_id=id).pk)
    asked = valid(ReportForm(request.GET))
    import_ = imports.get(actor=actor, import_id=id)
    context = {**_progress(import_), "only_refused": asked["refused"]}
    if import_.finished_at:
        first, only_refused = asked["first"] or 0, asked["refused"]
        rows, following = imports.report_page(import_, first=first, most=ROWS_PER_PAGE, only_refused=only_refused)
        context |= {"rows": rows, "following": following, "first": first}
    return render(request, "importing/one.html", context)


@require_safe
@page
def progress(request: HttpRequest, id: int) -> HttpResponse:
    """`/import/{id}/progress/`: the progress; when the import is finished, the page loads itself again."""
    import_ = imports.get(actor=require_person(request.user), import_id=id)
    response = render(request, "importing/_progress.html", _progress(import_))
    if import_.finished_at:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@page
def report(request: HttpRequest, id: int) -> HttpResponseBase:
    """`/import/{id}/report.csv`"""
    import_ = imports.get(actor=require_person(request.user), import_id=id)
    return csv_file(f"import-{import_.pk}.csv", imports.report(import_))


@require_safe
@page
def board_as_file(request: HttpRequest) -> HttpResponseBase:
    """`/board/export.csv?week=2026-W48&q=…`: the assignments that the board of this address shows, of all its pages."""
    actor = require_person(request.user)
    form = BoardForm(request.GET)
    valid(form)
    look = form.look(permissions.today())
    name = f"day-{look.first}" if look.span == Span.DAY else f"week-{look.week}"
    return csv_file(f"{name}.csv", exports.export(actor=actor, assignments=pages.assignments(look)))


def _why(refusal: InvalidRequest | PayloadTooLarge) -> str:
    """Why the file is refused."""
    errors = refusal.data.get("errors") or [{}]
    return str(errors[0].get("message", refusal.detail))


def _progress(import_: Import) -> dict[str, object]:
    stands_still = timezone.now() - import_.progressed_at > imports.STANDSTILL
    return {"import": import_, "nobody_works": not import_.finished_at and stands_still}
