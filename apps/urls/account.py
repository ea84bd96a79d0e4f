"""Routes of one's own account."""

from django.urls import path

from apps.views.account import keys, page, second_factor, sessions

urlpatterns = [
    path("account/", page.account, name="account"),
    path("account/name/", page.name, name="account-name"),
    path("account/language/", page.language, name="account-language"),
    path("account/calendar/", page.renew_calendar, name="account-calendar"),
    path("account/keys/", keys.make, name="account-keys"),
    path("account/keys/<id:id>/end/", keys.end, name="account-key-end"),
    path("account/sessions/<id:id>/end/", sessions.end, name="account-session-end"),
    path("account/sessions/end-others/", sessions.end_others, name="account-sessions-end-others"),
    path("account/second-factor/", second_factor.second_factor, name="second-factor"),
    path("account/second-factor/end/", second_factor.end, name="second-factor-end"),
    path("account/second-factor/codes/", second_factor.codes, name="second-factor-codes"),
]
