"""The fast body of the profile equals that of the serializer."""

import json
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIRequestFactory

from accounts.models import User
from accounts.serializers.profile import ProfileSerializer, profile_body
from core.api.json import JSONRenderer
from tests.factories import CategoryFactory, UserFactory, unverify

pytestmark = [pytest.mark.both, pytest.mark.django_db]

BASE = f"{settings.BASE_URL}/"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"display_name": "Zoë <b>&", "bio": "Jazz \u2028 🎷", "is_organizer": True},
        {"phone": "+4930901820", "timezone": "Asia/Kolkata", "contact_email": "zoe@example.com"},
        {"phone": "+4930901820", "confirmed_phone": "+4930901820"},
        {"profile_picture": "https://example.com/zoe.png"},
        {"picture_key": "k" * 22},
    ],
    ids=["new", "names", "phone", "confirmed phone", "picture elsewhere", "uploaded picture"],
)
@pytest.mark.parametrize("interests", [0, 1, 3])
def test_body_is_that_of_the_serializer(fields: dict[str, Any], interests: int) -> None:
    user = UserFactory.create(**fields)
    User.objects.filter(pk=user.pk).update(**fields)
    user.interests.set(reversed(CategoryFactory.create_batch(interests)))
    if interests:
        unverify(user)
    user.refresh_from_db()
    request = APIRequestFactory().get("/", HTTP_HOST=BASE.split("/")[2])
    base = request.build_absolute_uri("/")
    body = ProfileSerializer(user, context={"request": request}).data
    assert _in_order(profile_body(user, base=base)) == _in_order(body)


def test_address_that_is_not_the_current_one_is_not_verified(ada: User) -> None:
    ada.emailaddress_set.create(email="other@example.com", verified=True)  # type: ignore[attr-defined]
    assert profile_body(ada, base=BASE)["email_verified"]
    unverify(ada)
    ada.emailaddress_set.filter(email="other@example.com").update(verified=True)  # type: ignore[attr-defined]
    assert not profile_body(ada, base=BASE)["email_verified"]


def _in_order(body: Any) -> str:
    """Return the body as JSON, which has the order of its fields."""
    return json.dumps(json.loads(JSONRenderer().render(body)))
