"""Routes of the history, below `/api/users/`."""

from django.urls import path

from apps.views.events import EventsView

urlpatterns = [path("event/", EventsView.as_view())]
