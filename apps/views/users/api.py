"""People."""

from rest_framework.request import Request

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
from apps.services import api_keys, limits, users
from apps.services.shared.permissions import require_person
from apps.views.http.addresses import address_of
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.idempotency import idempotent
from apps.views.http.pagination import paginate
from apps.views.http.schema import ID, KEYS_LEFT, documented

TAG = "People"


class UsersView(ApiView):
    """`/api/users/`"""

    @documented(TAG, "List people", parameters=[UserQuerySerializer], responses={200: UserPageSerializer})
    def get(self, request: Request) -> JsonResponse:
        """A page of people, ordered by username. Taskmasters see everyone, other people only themselves."""
        query = UserQuerySerializer.read(request)
        people = User.objects.visible_to(require_person(request.user)).search(query.get("q", ""))
        if "is_active" in query:
            people = people.filter(is_active=query["is_active"])
        return JsonResponse(UserPageSerializer(paginate(request, people, query, by=["username"])).data)

    @documented(
        TAG, "Make a person", request=UserCreateSerializer, responses={201: UserSerializer}, errors=[NotAllowed]
    )
    @idempotent
    def post(self, request: Request) -> JsonResponse:
        """For admins. A call with an API key may not name `is_taskmaster` or `is_admin`."""
        data = UserCreateSerializer.read(request)
        made = users.create_user(actor=require_person(request.user), **data)
        return JsonResponse(UserSerializer(made).data, status=201, headers=location(request, "user", made.pk))


class UserView(ApiView):
    """`/api/users/{id}/`"""

    @documented(TAG, "Read a person", parameters=[ID], responses={200: UserSerializer}, errors=[UserNotFound])
    def get(self, request: Request, id: int) -> JsonResponse:
        """Taskmasters may read everyone, other people only themselves."""
        return JsonResponse(UserSerializer(users.get(actor=require_person(request.user), user_id=id)).data)

    @documented(
        TAG,
        "Change a person",
        parameters=[ID],
        request=UserChangeSerializer,
        responses={200: UserSerializer},
        errors=[NotAllowed, UserNotFound],
    )
    def patch(self, request: Request, id: int) -> JsonResponse:
        """For admins. A deactivated person can't sign in or be given tasks, and keeps the tasks they have; their
        tokens, API keys, sessions and the link to their calendar end for good. The last active admin stays one. A call
        with an API key may not name `is_taskmaster` or `is_admin`."""
        data = UserChangeSerializer.read(request)
        return JsonResponse(
            UserSerializer(users.update_user(actor=require_person(request.user), user_id=id, **data)).data
        )


class MeView(ApiView):
    """`/api/users/me/`"""

    @documented(TAG, "Read oneself", responses={200: MeSerializer})
    def get(self, request: Request) -> JsonResponse:
        """You, and your limit of today."""
        me = require_person(request.user)
        return JsonResponse(MeSerializer.of(me, limits.today_of(me)))


class PasswordView(ApiView):
    """`/api/users/me/password/`"""

    @documented(
        TAG,
        "Change one's password",
        parameters=[KEYS_LEFT],
        request=PasswordSerializer,
        responses={204: None},
        errors=[TooManyAttempts],
    )
    def post(self, request: Request) -> JsonResponse:
        """All your tokens and sessions end; sign in with the new password. The link to your calendar stays: renew it
        with `POST /api/users/calendar/token/` if somebody else may know it. Your API keys stay, too: the header
        `ToGo-Keys-Left` names them. List them with `GET /api/users/api-key/`, and delete those that somebody else may
        know."""
        data = PasswordSerializer.read(request)
        me = require_person(request.user)
        users.change_password(actor=me, **data, address=address_of(request))
        left = ", ".join(key.prefix for key in api_keys.working_keys_of(actor=me))
        return JsonResponse(status=204, headers={KEYS_LEFT.name: left} if left else None)
