"""The phone number in the profile and in the admin."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.client import Api, refusal

Page = Callable[..., str]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+4930901820", "+4930901820"),
        ("+49 30 901820", "+4930901820"),
        (" +49 (0) 30/90-18-20 ", "+4930901820"),
        ("+1 (415) 555-2671", "+14155552671"),  # longer than the column
        ("+٤٩ ٣٠ ٩٠١٨٢٠", "+4930901820"),
        ("＋49 30 901820", "+4930901820"),
        ("+497111234567890", "+497111234567890"),  # the longest that is stored
    ],
)
def test_number_is_kept_in_e164(as_ada: Api, ada: User, written: str, kept: str) -> None:
    assert as_ada.patch("/users/profile/", {"phone": written})["phone"] == kept
    ada.refresh_from_db()
    assert ada.phone == kept


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("call me", "invalid_phone"),
        ("+44 909 8790000", "invalid_phone"),  # a premium number
        ("+49 176 1234 abc", "invalid_phone"),  # letters are not converted
        ("+", "invalid_phone"),
        ("030 901820", "invalid_phone"),  # without a country
        ("0049 30 901820", "invalid_phone"),
        ("+49", "invalid_phone"),
        ("+999 123456", "invalid_phone"),
        ("+49 30 9018201234567890", "invalid_phone"),
        ("+4930901820, +4930901821", "invalid_phone"),
        ("+1 415 555 267", "invalid_phone"),
        ("9" * 1_000_000, "invalid_phone"),
        ("+" * 1_000_000, "invalid_phone"),
        # Germany has longer numbers than E.164 allows, and phonenumbers knows them.
        ("+49 711 12345678901", "invalid_phone"),
        ("+49\x0030\u202e901820", "invalid_phone"),
        (None, "null"),
        (True, "invalid"),
        (["+4930901820"], "invalid"),
    ],
)
def test_invalid_number_is_refused(as_ada: Api, ada: User, phone: Any, code: str) -> None:
    problem = as_ada.patch("/users/profile/", {"phone": phone}, expect=400)
    assert refusal(problem) == (("phone", code),)
    ada.refresh_from_db()
    assert ada.phone == ""


@pytest.mark.parametrize("blank", ["", "  "])
def test_number_can_be_removed(as_ada: Api, ada: User, blank: str) -> None:
    User.objects.filter(pk=ada.pk).update(phone="+4930901820")
    assert as_ada.patch("/users/profile/", {"phone": blank})["phone"] == ""


def test_number_stays_where_none_is_sent(as_ada: Api, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(phone="+4930901820")
    assert as_ada.put("/users/profile/", {"bio": "Climbs."})["phone"] == "+4930901820"


def in_admin(admin_page: Page, ada: User, phone: str) -> str:
    form = {"username": "ada", "email": ada.email, "timezone": "UTC", "phone": phone}
    page = admin_page(f"/accounts/user/{ada.pk}/change/", form)
    ada.refresh_from_db()
    return page


def test_admin_may_write_blanks(admin_page: Page, ada: User) -> None:
    in_admin(admin_page, ada, "+1 (415) 555-2671")
    assert ada.phone == "+14155552671"


def test_admin_may_leave_it_empty(admin_page: Page, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(phone="+4930901820")
    in_admin(admin_page, ada, "")
    assert ada.phone == ""


@pytest.mark.parametrize("phone", ["030 901820", "+49 711 12345678901", "9" * 1000])
def test_admin_gets_an_error_for_an_invalid_number(admin_page: Page, ada: User, phone: str) -> None:
    assert "errorlist" in in_admin(admin_page, ada, phone)
    assert ada.phone == ""
