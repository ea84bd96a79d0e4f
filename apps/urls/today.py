"""Routes of one's own day."""

from django.urls import path

from apps.views import today

urlpatterns = [
    path("today/", today.day, name="today"),
    path("today/changes/", today.changes),
    path("today/<id:id>/", today.mark),
    path("today/waiting/<id:id>/", today.cancel),
]
