"""Django REST framework as its tutorials write it: a viewset, a serializer that counts, and SimpleJWT."""
