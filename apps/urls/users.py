"""Routes of people, below `/api/users/`."""

from django.urls import path

from apps.views.users import MeView

urlpatterns = [path("me/", MeView.as_view())]
