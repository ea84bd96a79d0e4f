"""Routes of people: calls below `/api/users/`, and pages."""

from django.urls import path

from apps.views.users import api, pages, passwords

urlpatterns = [
    path("", api.UsersView.as_view()),
    path("<id:id>/", api.UserView.as_view(), name="user"),
    path("me/", api.MeView.as_view()),
    path("me/password/", api.PasswordView.as_view()),
]
page_urlpatterns = [
    path("people/", pages.every, name="people"),
    path("people/new/", pages.new, name="person-new"),
    path("people/<id:id>/", pages.one, name="person"),
    path("people/<id:id>/link/", passwords.link, name="person-link"),
    path("people/<id:id>/deactivate/", pages.deactivate, name="person-deactivate"),
    path("people/<id:id>/activate/", pages.activate, name="person-activate"),
    path("password/<str:token>/", passwords.choose, name="choose-password"),
]
