"""Django REST framework as in its tutorials: a viewset, a serializer that counts rows, and SimpleJWT."""
