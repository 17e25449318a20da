"""SMS, by Twilio's own library against a stand-in of Twilio."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ReadTimeout
from twilio.base.exceptions import TwilioRestException

from accounts.models import User
from notifications import rendering
from notifications.channels import DeliveryRefused, Recipient, sms
from notifications.kinds import Channel
from notifications.models import Delivery, Notification
from tests.notifications.kinds import Kind
from tests.standins import StandInResponse
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, Twilio, problem

pytestmark = pytest.mark.slow

FROM, TO = "+4930901820", "+4915112345678"


@pytest.fixture
def twilio(settings: Any) -> Iterator[Twilio]:
    with Twilio() as server:
        settings.TWILIO_ACCOUNT_SID = ACCOUNT_SID
        settings.TWILIO_AUTH_TOKEN = AUTH_TOKEN
        settings.TWILIO_FROM = FROM
        settings.TWILIO_BASE_URL = server.url
        yield server


@pytest.fixture
def delivery(ada: User) -> Delivery:
    event = {
        "id": 1,
        "title": "Rooftop Jazz Night",
        "starts_at": "2027-06-04T17:00:00+00:00",
        "ends_at": "2027-06-04T20:00:00+00:00",
        "timezone": "Europe/Berlin",
        "location": "Dachgarten, Berlin",
        "sequence": 0,
        "organizer": "olive",
    }
    ends_at = datetime(2027, 6, 4, 20, tzinfo=UTC)
    notification = Notification.objects.create(
        user=ada,
        kind=Kind.RSVP_CONFIRMED,
        event_id=1,
        occasion="1",
        context={"event": event, "guests": 0},
        useful_until=ends_at,
    )
    return Delivery.objects.create(
        notification=notification, channel=Channel.SMS, address=TO, due_at=notification.created_at
    )


class TestRecipients:
    def test_sms_are_on_with_account_and_number(self, twilio: Twilio) -> None:
        assert sms.is_on() is True

    @pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
    def test_sms_are_off_without_a_setting(self, twilio: Twilio, settings: Any, name: str) -> None:
        setattr(settings, name, "")
        assert sms.is_on() is False

    def test_reaches_people_with_a_number(self, ada: User, sam: User) -> None:
        ada.phone = ada.confirmed_phone = TO
        assert sms.recipients([ada, sam]) == {ada.pk: [Recipient(TO)]}

    @pytest.mark.parametrize("confirmed", ["", "+4915112345679"])
    def test_does_not_reach_an_unconfirmed_number(self, ada: User, confirmed: str) -> None:
        ada.phone, ada.confirmed_phone = TO, confirmed
        assert sms.recipients([ada]) == {ada.pk: [Recipient(TO, sms.UNCONFIRMED)]}

    @pytest.mark.parametrize(
        ("number", "is_reached"),
        [(TO, True), ("+14155552671", False), ("+18765552671", False), ("+994501234567", False)],
        ids=["DE", "US", "JM", "AZ"],
    )
    def test_reaches_the_countries_of_the_settings(
        self, ada: User, settings: Any, number: str, is_reached: bool
    ) -> None:
        settings.SMS_COUNTRIES = {"DE", "CA"}
        ada.phone = ada.confirmed_phone = number
        [[reach]] = sms.recipients([ada]).values()
        assert (not reach.obstacle) is is_reached


class TestSending:
    def test_text_goes_from_our_number_to_theirs(self, twilio: Twilio, delivery: Delivery) -> None:
        sms.send(delivery)
        body = rendering.short_text(delivery.notification)
        assert twilio.taken == [{"To": TO, "From": FROM, "Body": body}]

    def test_connection_is_kept(self, twilio: Twilio, delivery: Delivery) -> None:
        sms.send(delivery)
        sms.send(delivery)
        assert (len(twilio.taken), twilio.connections) == (2, 1)

    def test_new_token_is_used_at_once(
        self, twilio: Twilio, delivery: Delivery, settings: Any
    ) -> None:
        settings.TWILIO_AUTH_TOKEN = "an-old-token"
        with pytest.raises(TwilioRestException):
            sms.send(delivery)
        settings.TWILIO_AUTH_TOKEN = AUTH_TOKEN
        sms.send(delivery)
        assert len(twilio.taken) == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "message"),
        [
            (21211, "Invalid 'To' Phone Number: +49151XXXX"),
            (21408, "Permission to send an SMS has not been enabled for the region"),
            (21610, "Attempt to send to unsubscribed recipient"),
            (21614, "'To' number is not a valid mobile number"),
            (21617, "The concatenated message body exceeds the 1600 character limit"),
            (29999, "A code that is made up tomorrow"),
        ],
    )
    def test_refused_number_or_text_is_final(
        self, twilio: Twilio, delivery: Delivery, code: int, message: str
    ) -> None:
        twilio.refused[TO] = problem(400, code, message)
        with pytest.raises(DeliveryRefused) as refusal:
            sms.send(delivery)
        assert str(refusal.value) == f"Twilio {code}: Unable to create record: {message}"

    @pytest.mark.parametrize(
        "response",
        [
            problem(400, 21212, "The 'From' number is not valid"),
            problem(400, 21606, "The 'From' number is not SMS-capable"),
            problem(401, 20003, "Authenticate"),
            problem(403, 20005, "Account is not active"),
            problem(404, 20404, "The requested resource was not found"),
            problem(409, 20409, "Conflict"),
            problem(429, 20429, "Too Many Requests"),
            problem(500, 20500, "Internal Server Error"),
            StandInResponse(503, "<h1>Service Unavailable</h1>", (("Retry-After", "2"),)),
            StandInResponse(400, "<h1>Bad Request</h1>"),  # a proxy's, not Twilio's
            StandInResponse(302, "", (("Location", "https://example.com/login"),)),
        ],
        ids=lambda response: str(response.status),
    )
    def test_error_of_account_or_server_is_tried_again_later(
        self, twilio: Twilio, delivery: Delivery, response: StandInResponse
    ) -> None:
        twilio.trouble = response
        with pytest.raises(TwilioRestException):
            sms.send(delivery)
        assert len(twilio.calls) == 1

    def test_wrong_account_is_tried_again_later(
        self, twilio: Twilio, delivery: Delivery, settings: Any
    ) -> None:
        settings.TWILIO_ACCOUNT_SID = "AC" + "1" * 32
        with pytest.raises(TwilioRestException, match="Authenticate"):
            sms.send(delivery)


class TestNetwork:
    def test_silent_server_costs_the_timeout_and_no_more(
        self, twilio: Twilio, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sms, "TIMEOUT_S", 0.2)
        twilio.is_hanging = True
        began = time.monotonic()
        with pytest.raises(ReadTimeout):
            sms.send(delivery)
        assert time.monotonic() - began < 2
        assert len(twilio.calls) == 1

    def test_connection_cut_off_is_an_error(self, twilio: Twilio, delivery: Delivery) -> None:
        twilio.is_hanging_up = True
        with pytest.raises(NoConnection):
            sms.send(delivery)
        assert len(twilio.calls) == 1

    def test_unreachable_server_is_an_error(
        self, twilio: Twilio, delivery: Delivery, settings: Any, nowhere: str
    ) -> None:
        settings.TWILIO_BASE_URL = f"http://{nowhere}"
        with pytest.raises(NoConnection):
            sms.send(delivery)


class TestSecrets:
    @pytest.mark.parametrize("trouble", ["hang up", "401", "400", "nobody"])
    def test_token_is_in_no_error_and_no_log(
        self,
        twilio: Twilio,
        delivery: Delivery,
        settings: Any,
        nowhere: str,
        caplog: pytest.LogCaptureFixture,
        trouble: str,
    ) -> None:
        caplog.set_level("DEBUG")
        twilio.is_hanging_up = trouble == "hang up"
        if trouble == "nobody":
            settings.TWILIO_BASE_URL = f"http://{nowhere}"
        elif trouble != "hang up":
            twilio.trouble = problem(int(trouble), 21211, "No")
        with pytest.raises((DeliveryRefused, TwilioRestException, NoConnection)) as error:
            sms.send(delivery)
        assert AUTH_TOKEN not in f"{error.value!r} {error.value} {caplog.text}"

    @pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
    def test_token_that_cannot_be_encoded_is_not_shown(
        self, twilio: Twilio, delivery: Delivery, settings: Any, name: str
    ) -> None:
        setattr(settings, name, "secret…")
        with pytest.raises(ImproperlyConfigured) as error:
            sms.send(delivery)
        assert "secret" not in repr(error.value)
