"""Names a browser and its system in words, as people know them."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

# In this order: most browsers also claim to be those below them, and most systems that of a later line.
_BROWSERS: dict[str, StrOrPromise] = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "HeadlessChrome/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS: dict[str, StrOrPromise] = {
    "iPhone": _("an iPhone"),
    "iPad": _("an iPad"),
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": _("a Mac"),
    "Linux": "Linux",
}


def device_of(user_agent: str) -> str:
    """Such as “Firefox on Windows”, from the text that a browser sends with each request."""
    browser = _first(_BROWSERS, user_agent) or gettext("Another program")
    system = _first(_SYSTEMS, user_agent)
    return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser


def _first(names: dict[str, StrOrPromise], user_agent: str) -> str | None:
    return next((str(name) for mark, name in names.items() if mark in user_agent), None)
