"""Quotas on mails and SMS against the steps of an attacker, with limits on.

Before there were quotas, an unverified address got 60 mails in 35 s, with the attacker's title and
link in subject and body.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services.emails import answer_mail_requests, change_email
from accounts.services.registration import register
from events.models import Event
from notifications.models import Delivery, Notification
from notifications.quotas import mailbox_of
from notifications.relay import planning
from notifications.services import notify, send_again
from notifications.tasks import relay as relay_task
from rsvp.services import join_event, leave_event
from tests.client import Api
from tests.factories import PASSWORD, UserFactory, unverify
from tests.notifications.kinds import Kind
from tests.notifications.notices import EVENT, about_account, notice
from tests.notifications.outbox import create_notification
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, Twilio

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _limits_are_on(settings: Settings) -> None:
    settings.RATE_LIMITS = True


def mailed() -> Counter[str]:
    """Send what is due, and return the number of mails by kind."""
    answer_mail_requests()
    relay_task()
    return Counter(message.extra_headers["X-Notification-Kind"] for message in mail.outbox)


def skipped() -> Counter[str]:
    rows = Delivery.objects.filter(status=Delivery.Status.SKIPPED)
    return Counter(rows.values_list("error", flat=True))


def toggle(event: Event, attendee: User, times: int) -> None:
    """Cause this many receipts."""
    for _ in range(times // 2):
        join_event(event_id=event.pk, attendee=attendee)
        leave_event(event_id=event.pk, attendee=attendee)


class TestUnverified:
    def test_unverified_address_gets_no_receipts(self, event: Event, as_nobody: Api) -> None:
        """The attack: register with a victim's address, then join and leave an own event with any
        title, again and again. It sent 60 mails in 35 s."""
        body = {"username": "eve", "email": "victim@example.com", "password": PASSWORD}
        as_nobody.post("/register/", body)
        eve = User.objects.get(username="eve")
        toggle(event, eve, 60)
        assert mailed() == {"verify_email": 1}
        assert skipped() == {"Your e-mail address is not verified.": 60}

    def test_list_shows_the_skipped_delivery_and_why(
        self, event: Event, as_ada: Api, ada: User
    ) -> None:
        unverify(ada)
        join_event(event_id=event.pk, attendee=ada)
        relay_task()
        [item] = as_ada.get("/notifications/")["results"]
        [delivery] = item["deliveries"]
        assert (item["kind"], delivery["status"], delivery["reason"]) == (
            "rsvp_confirmed",
            "skipped",
            "Your e-mail address is not verified.",
        )

    def test_skipped_delivery_stays_skipped_after_the_verification(
        self, event: Event, ada: User
    ) -> None:
        unverify(ada)
        join_event(event_id=event.pk, attendee=ada)
        relay_task()
        EmailAddress.objects.update(verified=True)
        leave_event(event_id=event.pk, attendee=ada)
        assert mailed() == {"rsvp_cancelled": 1}

    @pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
    def test_only_kinds_about_the_account_are_sent(self, ada: User, kind: Kind) -> None:
        unverify(ada)
        notification = create_notification(ada, kind)
        notification.context["address_id"] = EmailAddress.objects.get(user=ada).pk
        notification.save()
        relay_task()
        is_mailed = kind.is_about_account and kind != Kind.VERIFY_PHONE
        assert len(mail.outbox) == is_mailed

    def test_address_unverified_after_planning_gets_no_mail(self, ada: User) -> None:
        notify([notice(ada)])
        planning.plan_all()
        unverify(ada)
        assert mailed() == {}
        assert skipped() == {"Your e-mail address is not verified.": 1}

    def test_security_mails_are_limited(self, ada: User) -> None:
        unverify(ada)
        notify([about_account(ada, occasion=f"change {number}") for number in range(30)])
        assert mailed() == {"account_security": 5}


class TestMailbox:
    @pytest.mark.parametrize(
        ("address", "mailbox"),
        [
            ("Ada+1@Example.com", "ada@example.com"),
            ("ada+x+y@example.com", "ada@example.com"),
            ("a.d.a@example.com", "a.d.a@example.com"),
            ("A.D.A+x@googlemail.com", "ada@gmail.com"),
            ("+x@example.com", "+x@example.com"),
        ],
    )
    def test_tags_and_case_are_ignored(self, address: str, mailbox: str) -> None:
        assert mailbox_of(address) == mailbox

    def test_accounts_with_tags_share_a_quota(self, db: None) -> None:
        """The attack: 100 accounts an hour from one network, with +tags of one address."""
        for number in range(30):
            email = f"victim+{number}@example.com"
            register(username=f"eve{number}", email=email, password=PASSWORD)
        assert mailed() == {"verify_email": 10}

    def test_accounts_that_change_to_one_address_share_a_quota(self, db: None) -> None:
        for person in UserFactory.create_batch(15):
            change_email(user=person, email="victim@example.com")
        assert mailed()["verify_email"] == 10
        assert sum(message.to == ["victim@example.com"] for message in mail.outbox) == 10

    def test_strangers_do_not_use_up_the_verification_of_the_owner(self, db: None) -> None:
        for person in UserFactory.create_batch(15):
            change_email(user=person, email="victim@example.com")
        relay_task()
        mail.outbox.clear()
        register(username="victim", email="victim@example.com", password=PASSWORD)
        assert mailed() == {"verify_email": 1}


class TestReceipts:
    def test_twenty_receipts_an_hour_are_sent(
        self, event: Event, ada: User, as_ada: Api, time_machine: Any
    ) -> None:
        toggle(event, ada, 60)
        assert sum(mailed().values()) == 20
        assert skipped().total() == 40
        assert as_ada.get("/notifications/")["count"] == 60
        time_machine.move_to(timezone.now() + HOUR + timedelta(seconds=1))
        toggle(event, ada, 2)
        assert sum(mailed().values()) == 22

    def test_receipts_do_not_hold_back_security_mails_and_resets(
        self, event: Event, ada: User, as_nobody: Api
    ) -> None:
        toggle(event, ada, 60)
        mailed()
        notify([about_account(ada)])
        as_nobody.post("/password/reset/", {"email": ada.email}, expect=202)
        sent = mailed()
        assert (sent["account_security"], sent["reset_password"]) == (1, 1)

    def test_other_kinds_are_not_counted(self, ada: User) -> None:
        notify([notice(ada, Kind.REMINDER, occasion=f"{number}") for number in range(30)])
        notify([about_account(ada, occasion=f"{number}") for number in range(30)])
        planning.plan_all()
        Delivery.objects.update(attempts=0)
        assert not skipped()

    def test_mail_that_is_tried_again_counts_once(
        self, ada: User, settings: Settings, nowhere: str
    ) -> None:
        settings.MAIL_LIMITS = settings.MAIL_LIMITS | {"receipts": (1, 3600)}
        backend = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, port = nowhere.split(":")
        settings.EMAIL_PORT = int(port)
        notify([notice(ada)])
        relay_task()
        settings.EMAIL_BACKEND = backend
        Delivery.objects.update(due_at=timezone.now())
        assert mailed() == {"rsvp_confirmed": 1}

    def test_resend_by_an_admin_is_counted(self, ada: User, settings: Settings) -> None:
        settings.MAIL_LIMITS = settings.MAIL_LIMITS | {"receipts": (1, 3600)}
        notify([notice(ada, occasion=f"answer {number}") for number in range(2)])
        relay_task()
        dead = Delivery.objects.get(status="skipped")
        send_again(deliveries=[dead.pk])
        assert mailed() == {"rsvp_confirmed": 1}

    def test_without_rate_limits_all_are_sent(
        self, event: Event, ada: User, settings: Settings
    ) -> None:
        settings.RATE_LIMITS = False
        toggle(event, ada, 30)
        assert sum(mailed().values()) == 30


class TestReset:
    def test_three_resets_an_hour_are_sent_and_the_last_link_works(
        self, as_nobody: Api, ada: User, time_machine: Any
    ) -> None:
        """When the quota is used up, the mailbox still has valid links."""
        now = timezone.now()
        for minute in range(0, 60, 6):
            time_machine.move_to(now + timedelta(minutes=minute))
            as_nobody.post("/password/reset/", {"email": ada.email}, expect=202)
            mailed()
        assert mailed() == {"reset_password": 3}
        key = str(mail.outbox[-1].body).partition("key=")[2].split()[0]
        body = {"key": key, "password": "another horse battery"}
        as_nobody.post("/password/reset/confirm/", body, expect=204)

    def test_next_hour_has_a_new_quota(self, as_nobody: Api, ada: User, time_machine: Any) -> None:
        now = timezone.now()
        for minutes in (0, 2, 4, 6, 61):
            time_machine.move_to(now + timedelta(minutes=minutes))
            as_nobody.post("/password/reset/", {"email": ada.email}, expect=202)
            mailed()
        assert mailed() == {"reset_password": 4}


class TestSms:
    """SMS are limited even without RATE_LIMITS, because they cost money."""

    @pytest.fixture(autouse=True)
    def twilio(self, settings: Any) -> Iterator[Twilio]:
        settings.RATE_LIMITS = False
        with Twilio() as server:
            settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT_SID, AUTH_TOKEN
            settings.TWILIO_FROM, settings.TWILIO_BASE_URL = "+4930901820", server.url
            yield server

    def send_changes(
        self, number: int, people: int = 1, organizer_id: int = 7, event: int = 42
    ) -> None:
        """Send this many messages to each person, one after the other."""
        context = {"event": EVENT | {"id": event, "organizer_id": organizer_id}}
        for person in self.crowd(people):
            notify(
                notice(
                    person, Kind.EVENT_CANCELLED, occasion=f"{n}", event_id=event, context=context
                )
                for n in range(number)
            )
        relay_task()

    def crowd(self, people: int) -> list[User]:
        crowd = UserFactory.create_batch(people)
        for person in crowd:
            phone = f"+4915112{person.pk % 10**6:06}"
            User.objects.filter(pk=person.pk).update(phone=phone, confirmed_phone=phone)
        return crowd

    def test_phone_number_has_a_daily_limit(
        self, db: None, twilio: Twilio, time_machine: Any
    ) -> None:
        self.send_changes(12)
        assert len(twilio.taken) == 10
        reason = "Your phone number has reached its daily limit of SMS."
        assert skipped() == {reason: 2}
        assert len(mail.outbox) == 12

    @pytest.mark.parametrize(
        ("setting", "reason"),
        [
            ("SMS_PER_EVENT_DAY", "This event has reached its daily limit of SMS."),
            (
                "SMS_PER_ORGANIZER_DAY",
                "This organizer has reached the daily limit of SMS.",
            ),
            ("SMS_PER_DAY", "The daily limit of all SMS is reached."),
        ],
    )
    @pytest.mark.parametrize("budget", [0, 3])
    def test_event_organizer_and_server_have_a_budget(
        self, db: None, twilio: Twilio, settings: Any, setting: str, reason: str, budget: int
    ) -> None:
        setattr(settings, setting, budget)
        self.send_changes(1, people=5)
        assert len(twilio.taken) == budget
        assert skipped() == {reason: 5 - budget}
        assert len(mail.outbox) == 5

    def test_budgets_are_separate(self, db: None, twilio: Twilio, settings: Any) -> None:
        settings.SMS_PER_EVENT_DAY, settings.SMS_PER_ORGANIZER_DAY = 2, 3
        self.send_changes(1, people=3)
        self.send_changes(1, people=3, event=43)
        self.send_changes(1, people=3, event=44, organizer_id=8)
        assert len(twilio.taken) == 2 + 1 + 2

    def test_refused_sms_use_no_other_budget(self, db: None, twilio: Twilio, settings: Any) -> None:
        settings.SMS_PER_EVENT_DAY, settings.SMS_PER_DAY = 1, 2
        self.send_changes(1, people=5)
        self.send_changes(1, people=1, event=43)
        assert len(twilio.taken) == 2

    def test_used_up_budget_alerts_once_a_day(
        self, alma: User, twilio: Twilio, settings: Any, caplog: Any, time_machine: Any
    ) -> None:
        settings.SMS_PER_DAY = 1
        self.send_changes(1, people=3)
        relay_task()
        alerts = [m for m in mail.outbox if m.subject == "SMS_PER_DAY is used up"]
        assert [alert.to for alert in alerts] == [["alma@example.com"]]
        [line] = [record for record in caplog.records if "sms_budget_used_up" in str(record.msg)]
        assert line.levelname == "ERROR"
        time_machine.move_to(timezone.now() + timedelta(days=1, seconds=1))
        self.send_changes(1, people=3)
        assert Notification.objects.filter(kind=Kind.ADMIN_ALERT).count() == 2
