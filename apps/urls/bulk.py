"""Routes of many assignments at once, below `/api/users/`."""

from django.urls import path

from apps.views.bulk import BulkView

urlpatterns = [path("assignment/bulk/", BulkView.as_view())]
