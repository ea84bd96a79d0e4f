"""English dates as everywhere else in ToGo: 28 Nov 2026, 08:13. Django's own are American."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j F"
