"""Routes of daily limits, below `/api/users/`."""

from django.urls import path

from apps.views.limits import DailyLimitsView

urlpatterns = [path("limit/", DailyLimitsView.as_view())]
