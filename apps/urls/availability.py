"""Routes of availability, below `/api/users/`."""

from django.urls import path

from apps.views.availability import AvailabilityView

urlpatterns = [path("availability/", AvailabilityView.as_view())]
