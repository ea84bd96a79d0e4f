"""Speaks to channels by Apprise, in a process of its own: it knows no Django, no database and no secret of ToGo."""
