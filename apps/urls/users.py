"""Routes of people, below `/api/users/`."""

from django.urls import path

from apps.views.users import MeView, PasswordView, UsersView, UserView

urlpatterns = [
    path("", UsersView.as_view()),
    path("<id:id>/", UserView.as_view(), name="user"),
    path("me/", MeView.as_view()),
    path("me/password/", PasswordView.as_view()),
]
