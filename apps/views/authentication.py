"""Who is calling: the person of the access token, looked up anew for every call."""

from rest_framework_simplejwt.authentication import JWTAuthentication


class TokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`. A deactivated person's token, and one from before the password was
    changed, is refused at once."""
