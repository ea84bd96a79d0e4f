"""Routes of what people are told: a call below `/api/users/`, and pages."""

from django.urls import path

from apps.views.notifications import api, pages

urlpatterns = [
    path("me/notification/", api.NotificationView.as_view()),
]
page_urlpatterns = [
    path("account/messages/", pages.own, name="messages"),
    path("account/messages/test/", pages.test, name="messages-test"),
    path("account/messages/confirm/", pages.resend, name="messages-resend"),
    path("messages/confirm/<str:token>/", pages.confirm, name="messages-confirm"),
    path("messages/stop/<str:token>/", pages.stop, name="messages-stop"),
]
