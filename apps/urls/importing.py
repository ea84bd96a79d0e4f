"""Routes of the import page."""

from django.urls import path

from apps.views import importing

urlpatterns = [
    path("import/", importing.files),
    path("import/look/", importing.look),
    path("import/<id:id>/", importing.one, name="importing"),
    path("import/<id:id>/progress/", importing.progress),
    path("import/<id:id>/report.csv", importing.report),
    path("board/export.csv", importing.board_as_file),
]
