"""People."""

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.exceptions.base import NotAllowed
from apps.exceptions.tokens import TooManyAttempts
from apps.exceptions.users import UserNotFound
from apps.models import User
from apps.serializers.users import (
    MeSerializer,
    PasswordSerializer,
    UserChangeSerializer,
    UserCreateSerializer,
    UserPageSerializer,
    UserQuerySerializer,
    UserSerializer,
)
from apps.services import limits, users
from apps.services.permissions import person
from apps.views.addresses import address_of
from apps.views.idempotency import idempotent
from apps.views.pagination import paginate
from apps.views.schema import ID, documented

TAG = "People"


class UsersView(APIView):
    """`/api/users/`"""

    @documented(TAG, "List people", parameters=[UserQuerySerializer], responses={200: UserPageSerializer})
    def get(self, request: Request) -> Response:
        """By username, a page at a time: everyone for a taskmaster, oneself for anyone else."""
        query = UserQuerySerializer.read(request)
        people = User.objects.visible_to(person(request.user)).search(query.get("q", ""))
        if "is_active" in query:
            people = people.filter(is_active=query["is_active"])
        return Response(UserPageSerializer(paginate(request, people, query, column="username")).data)

    @documented(
        TAG, "Make a person", request=UserCreateSerializer, responses={201: UserSerializer}, errors=[NotAllowed]
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """For admins."""
        data = UserCreateSerializer.read(request)
        made = users.create_user(actor=person(request.user), **data)
        location = request.build_absolute_uri(reverse("user", args=[made.pk]))
        return Response(UserSerializer(made).data, status=201, headers={"Location": location})


class UserView(APIView):
    """`/api/users/{id}/`"""

    @documented(TAG, "Read a person", parameters=[ID], responses={200: UserSerializer}, errors=[UserNotFound])
    def get(self, request: Request, id: int) -> Response:
        """Anyone for a taskmaster, oneself for anyone else."""
        return Response(UserSerializer(users.get(actor=person(request.user), user_id=id)).data)

    @documented(
        TAG,
        "Change a person",
        parameters=[ID],
        request=UserChangeSerializer,
        responses={200: UserSerializer},
        errors=[NotAllowed, UserNotFound],
    )
    def patch(self, request: Request, id: int) -> Response:
        """For admins. Who is deactivated can't sign in or be given anything, and keeps what they have; the last
        active admin stays one."""
        data = UserChangeSerializer.read(request)
        return Response(UserSerializer(users.update_user(actor=person(request.user), user_id=id, **data)).data)


class MeView(APIView):
    """`/api/users/me/`"""

    @documented(TAG, "Read oneself", responses={200: MeSerializer})
    def get(self, request: Request) -> Response:
        """Who is signed in, and how much of their day is taken."""
        me = person(request.user)
        return Response(MeSerializer(me, context={"limit": limits.today_of(me)}).data)


class PasswordView(APIView):
    """`/api/users/me/password/`"""

    @documented(
        TAG, "Change one's password", request=PasswordSerializer, responses={204: None}, errors=[TooManyAttempts]
    )
    def post(self, request: Request) -> Response:
        """Every token that one has is dead then; sign in with the new password."""
        data = PasswordSerializer.read(request)
        users.change_password(actor=person(request.user), **data, address=address_of(request))
        return Response(status=204)
