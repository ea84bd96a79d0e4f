"""A call that will go announces that in each of its answers, and in the OpenAPI document."""

import datetime

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.test import APIClient

from apps.models import User
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.deprecation import Deprecation
from apps.views.http.schema import documented
from tests.conftest import token_of

OLD = Deprecation(datetime.date(2027, 1, 1), datetime.date(2027, 7, 1), "Use `GET /api/new/`.")
ANNOUNCED = {
    "Deprecation": "@1798761600",
    "Sunset": "Thu, 01 Jul 2027 00:00:00 GMT",
    "Link": '</api/docs/>; rel="deprecation"; type="text/html"',
}


class OldView(ApiView):
    """A call of which one method is deprecated."""

    @documented("Tasks", "Read the old way", responses={200: None}, deprecation=OLD)
    def get(self, request: Request) -> JsonResponse:
        """The old way."""
        return JsonResponse({"query": "none"})

    @documented("Tasks", "Write", responses={204: None})
    def post(self, request: Request) -> JsonResponse:
        """Stays."""
        return JsonResponse(status=204)


urlpatterns = [path("api/old/", OldView.as_view())]
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.django_db
def test_every_answer_of_a_deprecated_call_says_so_refusals_too(alice: User) -> None:
    client = APIClient()
    refused = client.get("/api/old/")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(alice)}")
    answers = [refused, client.get("/api/old/"), client.get("/api/old/?page=1")]

    assert [answer.status_code for answer in answers] == [401, 200, 400]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in ANNOUNCED} == ANNOUNCED
    assert "Deprecation" not in client.post("/api/old/").headers


def test_the_document_marks_it_and_says_what_to_use_instead() -> None:
    operations = SchemaGenerator(patterns=urlpatterns).get_schema(request=None, public=True)["paths"]["/api/old/"]

    assert operations["get"]["deprecated"] is True
    assert operations["get"]["description"] == (
        "The old way.\n\n"
        "**Deprecated** since 2027-01-01, and gone from 2027-07-01 on at the earliest. Use `GET /api/new/`."
    )
    assert set(ANNOUNCED) <= set(operations["get"]["responses"]["200"]["headers"])
    assert "deprecated" not in operations["post"]


def test_the_notice_is_at_least_six_months() -> None:
    with pytest.raises(ValueError, match="sunset must be at least 180 days after since"):
        Deprecation(datetime.date(2027, 1, 1), datetime.date(2027, 6, 1), "")
