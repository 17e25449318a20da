"""POST /api/users/phone/verify/: a number gets SMS only after its owner confirmed it.

Before there were codes, 80 SMS went to one unconfirmed number in 8 s.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import PhoneCode, User
from notifications.models import Delivery, Notification
from notifications.services import notify
from notifications.tasks import relay
from tests.client import Api, refusal
from tests.notifications.kinds import Kind
from tests.notifications.notices import notice
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, Twilio

pytestmark = pytest.mark.slow

VERIFY, PROFILE = "/users/phone/verify/", "/users/profile/"
PHONE, OTHER = "+4915112345678", "+4915112345679"
WRONG_CODE = (("code", "invalid_code"),)


@pytest.fixture(autouse=True)
def twilio(settings: Any) -> Iterator[Twilio]:
    with Twilio() as server:
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT_SID, AUTH_TOKEN
        settings.TWILIO_FROM, settings.TWILIO_BASE_URL = "+4930901820", server.url
        yield server


@pytest.fixture(autouse=True)
def _phones(ada: User, sam: User) -> None:
    User.objects.filter(pk__in=[ada.pk, sam.pk]).update(phone=PHONE)


def ask(api: Api, twilio: Twilio) -> str:
    """Return the code in the SMS."""
    assert api.post(VERIFY, {}, expect=202) == {"phone": PHONE, "phone_verified": False}
    relay()
    [code] = re.findall(r"\b[0-9]{6}\b", twilio.taken[-1]["Body"])
    return str(code)


def confirm(api: Api, code: str, expect: int = 200) -> Any:
    return api.post(VERIFY, {"code": code}, expect=expect)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def is_confirmed(user: User) -> bool:
    return User.objects.get(pk=user.pk).has_confirmed_phone


class TestConfirming:
    def test_code_of_the_sms_confirms_the_number(self, as_ada: Api, twilio: Twilio) -> None:
        code = ask(as_ada, twilio)
        assert as_ada.get(PROFILE)["phone_verified"] is False
        assert confirm(as_ada, code) == {"phone": PHONE, "phone_verified": True}
        assert as_ada.get(PROFILE)["phone_verified"] is True
        assert [message["To"] for message in twilio.taken] == [PHONE]

    def test_code_works_once(self, as_ada: Api, twilio: Twilio) -> None:
        code = ask(as_ada, twilio)
        confirm(as_ada, code)
        assert refusal(confirm(as_ada, code, expect=400)) == WRONG_CODE

    def test_code_is_stored_nowhere(self, as_ada: Api, twilio: Twilio) -> None:
        code = ask(as_ada, twilio)
        with connection.cursor() as cursor:
            for table in (Notification, Delivery, PhoneCode):
                cursor.execute(f"SELECT * FROM {table._meta.db_table}")  # noqa: S608
                rows = str([[str(value) for value in row] for row in cursor.fetchall()])
                assert f"'{code}'" not in rows and f" {code} " not in rows

    def test_code_comes_in_quiet_hours_too(self, as_ada: Api, twilio: Twilio) -> None:
        hours = {"quiet_hours": {"from": "00:00", "to": "23:59"}}
        as_ada.put("/notifications/preferences/", hours)
        ask(as_ada, twilio)

    def test_code_is_for_its_person(self, as_ada: Api, as_sam: Api, twilio: Twilio) -> None:
        adas, sams = ask(as_ada, twilio), ask(as_sam, twilio)
        if adas != sams:
            confirm(as_sam, adas, expect=400)
        confirm(as_sam, sams)

    def test_code_is_for_its_number(self, as_ada: Api, ada: User, twilio: Twilio) -> None:
        code = ask(as_ada, twilio)
        as_ada.patch(PROFILE, {"phone": OTHER})
        assert refusal(confirm(as_ada, code, expect=400)) == WRONG_CODE
        assert not is_confirmed(ada)

    def test_code_lives_ten_minutes(self, as_ada: Api, twilio: Twilio, time_machine: Any) -> None:
        code = ask(as_ada, twilio)
        time_machine.move_to(timezone.now() + timedelta(minutes=10, seconds=1))
        assert refusal(confirm(as_ada, code, expect=400)) == WRONG_CODE

    def test_new_code_replaces_the_last(
        self, as_ada: Api, twilio: Twilio, time_machine: Any
    ) -> None:
        first = ask(as_ada, twilio)
        time_machine.move_to(timezone.now() + timedelta(seconds=61))
        second = ask(as_ada, twilio)
        if first != second:
            confirm(as_ada, first, expect=400)
        confirm(as_ada, second)

    def test_sixth_try_is_refused_even_if_right(
        self, as_ada: Api, ada: User, twilio: Twilio
    ) -> None:
        """Also without RATE_LIMITS, which is for load tests."""
        code = ask(as_ada, twilio)
        for _ in range(5):
            assert refusal(confirm(as_ada, wrong(code), expect=400)) == WRONG_CODE
        response = as_ada.client.post(f"/api{VERIFY}", {"code": code})
        assert (response.status_code, response.json()["code"]) == (429, "throttled")
        assert 0 < int(response.headers["Retry-After"]) <= 600
        assert not is_confirmed(ada)

    def test_without_a_code_sent_none_is_right(self, as_ada: Api) -> None:
        assert refusal(confirm(as_ada, "123456", expect=400)) == WRONG_CODE

    @pytest.mark.parametrize("code", ["12345", "1234567", "12 456", "١٢٣٤٥٦", "12345\n"])
    def test_invalid_code_is_refused(self, as_ada: Api, code: str) -> None:
        assert refusal(confirm(as_ada, code, expect=400)) == (("code", "invalid"),)

    def test_no_login_is_required(self, as_nobody: Api) -> None:
        as_nobody.post(VERIFY, {}, expect=401)


class TestOneAccount:
    """A number belongs to the account that confirmed it last."""

    @pytest.fixture
    def _of_ada(self, as_ada: Api, twilio: Twilio) -> None:
        confirm(as_ada, ask(as_ada, twilio))

    @pytest.mark.usefixtures("_of_ada")
    def test_second_account_takes_it(
        self, as_ada: Api, ada: User, as_sam: Api, sam: User, twilio: Twilio
    ) -> None:
        confirm(as_sam, ask(as_sam, twilio))
        assert (is_confirmed(ada), is_confirmed(sam)) == (False, True)
        assert as_ada.get(PROFILE)["phone_verified"] is False
        [notice] = as_ada.get("/notifications/")["results"]
        assert notice["text"] == (
            "Another account has confirmed your phone number, so you get no more SMS on it."
        )

    @pytest.mark.usefixtures("_of_ada")
    def test_request_alone_changes_nothing(self, as_sam: Api, ada: User, twilio: Twilio) -> None:
        code = ask(as_sam, twilio)
        confirm(as_sam, wrong(code), expect=400)
        assert is_confirmed(ada)

    @pytest.mark.usefixtures("_of_ada")
    @pytest.mark.parametrize("phone", [OTHER, ""])
    def test_new_number_is_not_confirmed(self, as_ada: Api, ada: User, phone: str) -> None:
        profile = as_ada.patch(PROFILE, {"phone": phone})
        assert (profile["phone"], profile["phone_verified"]) == (phone, False)
        profile = as_ada.patch(PROFILE, {"phone": PHONE})
        assert (profile["phone"], profile["phone_verified"]) == (PHONE, False)

    @pytest.mark.usefixtures("_of_ada")
    def test_same_number_and_other_fields_change_nothing(self, as_ada: Api) -> None:
        profile = as_ada.put(PROFILE, as_ada.get(PROFILE) | {"bio": "Climbs."})
        assert (profile["bio"], profile["phone_verified"]) == ("Climbs.", True)

    @pytest.mark.usefixtures("_of_ada")
    def test_number_written_by_a_slow_request_is_not_confirmed(self, ada: User) -> None:
        """The request read the user with one number, and writes after another one was confirmed."""
        slow = User.objects.get(pk=ada.pk)
        User.objects.filter(pk=ada.pk).update(phone=OTHER, confirmed_phone=OTHER)
        slow.bio = "Climbs."
        slow.save(update_fields=["phone", "bio"])
        assert not is_confirmed(ada)

    @pytest.mark.usefixtures("_of_ada")
    def test_admin_who_changes_it_unconfirms_it(self, admin_page: Any, ada: User) -> None:
        form = {"username": "ada", "email": ada.email, "timezone": "UTC", "phone": OTHER}
        admin_page(f"/accounts/user/{ada.pk}/change/", form)
        changed = User.objects.get(pk=ada.pk)
        assert (changed.phone, changed.confirmed_phone) == (OTHER, "")


class TestRefusals:
    def test_without_twilio(self, as_ada: Api, settings: Any) -> None:
        settings.TWILIO_AUTH_TOKEN = ""
        assert refusal(as_ada.post(VERIFY, {}, expect=409)) == ("sms_not_configured",)

    def test_without_a_number(self, as_ada: Api, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(phone="")
        assert refusal(as_ada.post(VERIFY, {}, expect=409)) == ("phone_missing", "set_phone")

    def test_confirmed_already(self, as_ada: Api, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(confirmed_phone=PHONE)
        assert refusal(as_ada.post(VERIFY, {}, expect=409)) == ("phone_already_verified",)

    @pytest.mark.parametrize("phone", ["+994501234567", "+18765552671"], ids=["AZ", "JM"])
    def test_country_that_gets_no_sms(self, as_ada: Api, ada: User, phone: str) -> None:
        problem = as_ada.patch(PROFILE, {"phone": phone}, expect=400)
        assert refusal(problem) == (("phone", "phone_country_not_supported"),)
        User.objects.filter(pk=ada.pk).update(phone=phone)
        problem = as_ada.post(VERIFY, {}, expect=409)
        assert refusal(problem) == ("phone_country_not_supported", "set_phone")
        as_ada.put(PROFILE, as_ada.get(PROFILE))  # stored earlier, so it may be sent back

    def test_every_country(self, as_ada: Api, settings: Any) -> None:
        settings.SMS_COUNTRIES = {"*"}
        as_ada.patch(PROFILE, {"phone": "+994501234567"})

    @pytest.mark.parametrize("phone", ["+447012345678", "+49180512345"], ids=["070", "0180"])
    def test_number_that_earns_by_each_message(self, as_ada: Api, phone: str) -> None:
        problem = as_ada.patch(PROFILE, {"phone": phone}, expect=400)
        assert refusal(problem) == (("phone", "invalid_phone"),)


class TestCaps:
    """Limits hold without RATE_LIMITS too, because each code costs money."""

    def test_one_code_a_minute(self, as_ada: Api, twilio: Twilio) -> None:
        ask(as_ada, twilio)
        response = as_ada.client.post(f"/api{VERIFY}", {})
        assert (response.status_code, response.json()["code"]) == (429, "throttled")
        assert 0 < int(response.headers["Retry-After"]) <= 60

    def test_number_gets_five_codes_a_day_from_all_accounts(
        self, as_ada: Api, as_sam: Api, twilio: Twilio, time_machine: Any
    ) -> None:
        now = timezone.now()
        for minute in range(0, 30, 2):
            time_machine.move_to(now + timedelta(minutes=minute))
            for api in (as_ada, as_sam):
                api.client.post(f"/api{VERIFY}", {})
                relay()
        assert len(twilio.taken) == 5

    def test_budget_of_codes_is_shared_by_all(
        self, as_ada: Api, as_sam: Api, sam: User, alma: User, settings: Any, caplog: Any
    ) -> None:
        settings.SMS_CODES_PER_DAY = 1
        User.objects.filter(pk=sam.pk).update(phone=OTHER)
        as_ada.post(VERIFY, {}, expect=202)
        for _ in range(2):
            as_sam.post(VERIFY, {}, expect=429)
        alerts = Notification.objects.filter(kind=Kind.ADMIN_ALERT)
        assert [alert.user for alert in alerts] == [alma]
        assert caplog.text.count("sms_budget_used_up") == 1

    def test_unconfirmed_number_gets_codes_only(
        self, as_ada: Api, ada: User, twilio: Twilio
    ) -> None:
        """An account with a stranger's number got 80 SMS in 8 s, by changes of an event."""
        for number in range(80):
            notify([notice(ada, Kind.EVENT_CHANGED, occasion=f"change {number}")])
        ask(as_ada, twilio)
        assert len(twilio.taken) == 1
        skipped = Delivery.objects.filter(channel="sms", status="skipped")
        assert set(skipped.values_list("error", flat=True)) == {
            "Your phone number is not confirmed."
        }
        assert skipped.count() == 80
