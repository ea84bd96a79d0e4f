"""What the forms of several pages share."""

from django import forms

from apps.exceptions.base import ToGoError


class RefusableForm(forms.Form):
    """A form that shows a refusal of the service."""

    def add_refusal(self, refusal: ToGoError) -> None:
        """Show the messages beside their fields, or the refusal above them."""
        for error in refusal.data.get("errors", []):
            self.add_error(error["field"], error["message"])
        if not self.errors:
            self.add_error(None, refusal.detail)
