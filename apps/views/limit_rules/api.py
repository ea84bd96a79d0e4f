"""The rules that limits are picked from."""

from rest_framework.request import Request

from apps.exceptions.base import NotAllowed, NotFound
from apps.exceptions.users import UserNotFound
from apps.serializers.limit_rules import (
    LimitRuleChangeSerializer,
    LimitRuleCreateSerializer,
    LimitRulePageSerializer,
    LimitRuleQuerySerializer,
    LimitRuleSerializer,
)
from apps.services import limit_rules
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.idempotency import idempotent
from apps.views.http.pagination import paginate
from apps.views.http.schema import ID, documented

TAG = "Limit rules"


class LimitRulesView(ApiView):
    """`/api/users/limit-rule/`"""

    @documented(
        TAG,
        "List limit rules",
        parameters=[LimitRuleQuerySerializer],
        responses={200: LimitRulePageSerializer},
        errors=[NotAllowed],
    )
    def get(self, request: Request) -> JsonResponse:
        """A page of the rules, oldest first. For taskmasters."""
        query = LimitRuleQuerySerializer.read(request)
        rules = limit_rules.all_rules(actor=require_person(request.user)).filter(
            **{name: query[name] for name in ("user", "weekday") if name in query}
        )
        return JsonResponse(LimitRulePageSerializer(paginate(request, rules, query, by=["id"])).data)

    @documented(
        TAG,
        "Make a limit rule",
        request=LimitRuleCreateSerializer,
        responses={201: LimitRuleSerializer},
        errors=[NotAllowed, UserNotFound],
    )
    @idempotent
    def post(self, request: Request) -> JsonResponse:
        """For taskmasters. The rule also applies to days from today on that are set already, except those set by
        hand. If a day has more tasks than the rule allows, they stay, and nothing more gets in."""
        data = LimitRuleCreateSerializer.read(request)
        rule = limit_rules.create_rule(actor=require_person(request.user), **data)
        where = location(request, "limit-rule", rule.pk)
        return JsonResponse(LimitRuleSerializer(rule).data, status=201, headers=where)


class LimitRuleView(ApiView):
    """`/api/users/limit-rule/{id}/`"""

    @documented(
        TAG,
        "Read a limit rule",
        parameters=[ID],
        responses={200: LimitRuleSerializer},
        errors=[NotAllowed, NotFound],
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """For taskmasters."""
        return JsonResponse(LimitRuleSerializer(limit_rules.get(actor=require_person(request.user), rule_id=id)).data)

    @documented(
        TAG,
        "Change a limit rule",
        parameters=[ID],
        request=LimitRuleChangeSerializer,
        responses={200: LimitRuleSerializer},
        errors=[NotAllowed, NotFound, UserNotFound],
    )
    def patch(self, request: Request, id: int) -> JsonResponse:
        """For taskmasters. Fields that are not sent stay as they are. Days follow as with a new rule."""
        data = LimitRuleChangeSerializer.read(request)
        rule = limit_rules.update_rule(actor=require_person(request.user), rule_id=id, **data)
        return JsonResponse(LimitRuleSerializer(rule).data)

    @documented(
        TAG,
        "Delete a limit rule",
        parameters=[ID],
        responses={204: None},
        errors=[NotAllowed, NotFound],
    )
    def delete(self, request: Request, id: int) -> JsonResponse:
        """For taskmasters. Days from today on follow the remaining rules; past days stay as they are."""
        limit_rules.delete_rule(actor=require_person(request.user), rule_id=id)
        return JsonResponse(status=204)
