"""Routes of the start page, and of signing in to the pages."""

from django.urls import path

from apps.views import sessions

urlpatterns = [
    path("", sessions.start, name="start"),
    path("sign-in/", sessions.sign_in, name="sign-in"),
    path("sign-in/code/", sessions.sign_in_code, name="sign-in-code"),
    path("account/password/", sessions.password, name="password"),
    path("sign-out/", sessions.sign_out, name="sign-out"),
]
