"""Routes of exports, below `/api/users/`."""

from django.urls import path

from apps.views.exports import ExportView

urlpatterns = [path("assignment/export.csv", ExportView.as_view())]
