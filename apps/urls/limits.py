"""Routes of daily limits, below `/api/users/`."""

from django.urls import path

from apps.views.limits import DailyLimitsView, DailyLimitView

urlpatterns = [
    path("limit/", DailyLimitsView.as_view()),
    path("limit/<id:user>/<date:date>/", DailyLimitView.as_view()),
]
