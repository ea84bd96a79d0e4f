"""Routes of one's own day."""

from django.urls import path

from apps.views import today

urlpatterns = [
    path("today/", today.day, name="today"),
    path("today/changes/", today.changes),
    path("today/worker.js", today.worker),
    path("today/<id:id>/", today.mark),
    path("today/<id:id>/return/", today.hand_back),
    path("today/return/<date:date>/", today.hand_back_rest),
    path("today/returned/<id:id>/", today.take_back),
    path("today/waiting/<id:id>/", today.cancel),
]
