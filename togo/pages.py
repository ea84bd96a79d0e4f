"""How pages are written: in which languages, and from which templates."""

from pathlib import Path

# The languages of pages and mails, by their own names; apps/locale/ has their texts.
LANGUAGES = [
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("en", "English"),
    ("es", "Español"),
    ("fr", "Français"),
    ("vi", "Tiếng Việt"),
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).resolve().parent.parent / "apps" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.views.http.pages.navigation",
                "apps.views.http.pages.root",
            ],
            # Every template translates its texts and writes dates.
            "builtins": ["django.templatetags.i18n", "apps.templatetags.dates"],
        },
    }
]
