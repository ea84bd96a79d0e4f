"""Arabic: Django has no format of its own for a time on a date, so that it would be written as in English."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y، H:i"
