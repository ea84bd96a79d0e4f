"""API keys, for programs."""

from rest_framework.request import Request

from apps.exceptions.api_keys import TooManyKeys
from apps.exceptions.base import NotAllowed, NotFound
from apps.exceptions.users import UserNotFound
from apps.serializers.api_keys import (
    ApiKeyCreateSerializer,
    ApiKeyOwnerSerializer,
    ApiKeyPageSerializer,
    ApiKeyQuerySerializer,
    ApiKeySerializer,
    NewApiKeySerializer,
)
from apps.services import api_keys
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.pagination import paginate
from apps.views.http.schema import ID, documented

TAG = "API keys"


class ApiKeysView(ApiView):
    """`/api/users/api-key/`"""

    @documented(
        TAG,
        "List API keys",
        parameters=[ApiKeyQuerySerializer],
        responses={200: ApiKeyPageSerializer},
        errors=[NotAllowed, UserNotFound],
    )
    def get(self, request: Request) -> JsonResponse:
        """A page of your keys, the newest first, without their secret part. Admins may list anyone's."""
        query = ApiKeyQuerySerializer.read(request)
        keys = api_keys.keys_of(actor=require_person(request.user), user_id=query.get("user"))
        page = paginate(request, keys, query, by=["created_at"], descending=True)
        return JsonResponse(ApiKeyPageSerializer(page).data)

    @documented(
        TAG,
        "Make an API key",
        request=ApiKeyCreateSerializer,
        responses={201: NewApiKeySerializer},
        errors=[TooManyKeys],
    )
    def post(self, request: Request) -> JsonResponse:
        """Makes a key with which a program calls as you. The answer shows the key this once: ToGo stores only a digest
        of it, and takes no `Idempotency-Key` here, because that would store the answer.

        A key ends when it expires, when it is deleted, or when you are deactivated; a new password doesn't end it.
        """
        data = ApiKeyCreateSerializer.read(request)
        made, key = api_keys.create(actor=require_person(request.user), **data)
        answer = {**ApiKeySerializer(made).data, "key": key}
        return JsonResponse(answer, status=201, headers=location(request, "api-key", made.pk))


class ApiKeyView(ApiView):
    """`/api/users/api-key/{id}/`"""

    @documented(
        TAG,
        "Delete an API key",
        parameters=[ID, ApiKeyOwnerSerializer],
        responses={204: None},
        errors=[NotAllowed, NotFound, UserNotFound],
    )
    def delete(self, request: Request, id: int) -> JsonResponse:
        """The key stops working at once. Admins may delete anyone's."""
        query = ApiKeyOwnerSerializer.read(request)
        api_keys.delete(actor=require_person(request.user), key_id=id, user_id=query.get("user"))
        return JsonResponse(status=204)
