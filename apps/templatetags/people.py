"""People in words."""

from django.template import Library

from apps.models import User

register = Library()


@register.filter
def called(person: User) -> str:
    """What a person is called: their names, or else the username."""
    return f"{person.first_name} {person.last_name}".strip() or person.username
