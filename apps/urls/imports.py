"""Routes of imports, below `/api/users/`."""

from django.urls import path

from apps.views.imports import ImportReportView, ImportsView, ImportView

urlpatterns = [
    path("assignment/import/", ImportsView.as_view()),
    path("assignment/import/<id:id>/", ImportView.as_view(), name="import"),
    path("assignment/import/<id:id>/report.csv", ImportReportView.as_view(), name="import-report"),
]
