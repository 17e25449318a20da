"""A user with a row of every kind, and the models that refer to users."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.utils import timezone

from accounts.models import MailRequest, PhoneCode, User
from accounts.services.emails import change_email
from accounts.services.login import log_in
from accounts.services.profile import update_profile
from events.models import Event
from events.services.events import update_event
from events.services.helpers import add_helper
from external_events.models import Subscription
from idempotency.services import claim_key
from notifications.kinds import Channel
from notifications.models import Notification
from notifications.services import add_device, set_preferences
from payments.models import Payment
from reviews.services import hide_review, reply_to_review, submit_review
from rsvp.calendar.feeds import renew_secret
from rsvp.check_in import Scan, check_in
from rsvp.models import Rsvp
from rsvp.services import join_event, leave_event
from tests.factories import PASSWORD, CategoryFactory, EventFactory, TagFactory, UserFactory, begin
from tests.factories import end as end_event
from tests.notifications.outbox import create_delivery
from tests.rsvp.ticketed import buy, offer

SAYS = {
    "username": "Wilhelmina",
    "email": "wilhelmina@example.com",
    "new_email": "mina.new@example.com",
    "first_name": "Wilhelmina-Charlotte",
    "last_name": "Murray-Harker",
    "bio": "Types faster than anybody in Whitby.",
    "profile_picture": "https://pictures.example.com/mina.jpg",
    "phone": "+49309018299",
    "contact_email": "hello@murray-readings.example",
    "comment": "The second hall was colder than the Demeter.",
    "reply": "We have closed the windows of the crypt.",
    "timezone": "Europe/Bucharest",
    "device": "fcm-token-of-minas-phone",
    "uid": "provider-id-583231",
    "user_agent": "Phonograph/1.0",
    "secret": "sealed-totp-secret",
}

_SAID_IN_PROFILE = ("bio", "profile_picture", "phone", "contact_email", "timezone")


def whole_person(rows: int = 1) -> User:
    """Create `rows` rows of every kind, through services where they exist."""
    person = UserFactory.create(
        username=SAYS["username"],
        email=SAYS["email"],
        first_name=SAYS["first_name"],
        last_name=SAYS["last_name"],
        is_organizer=True,
        is_staff=True,
    )
    update_profile(
        user=person,
        changes={field: SAYS[field] for field in _SAID_IN_PROFILE}
        | {"interests": CategoryFactory.create_batch(rows)},
    )
    PhoneCode.objects.create(
        user=person, phone=SAYS["phone"], code_hash=SAYS["secret"], expires_at=timezone.now()
    )
    User.objects.filter(pk=person.pk).update(confirmed_phone=SAYS["phone"])
    person.groups.set(Group.objects.create(name=f"Group {n}") for n in range(rows))
    person.user_permissions.set(Permission.objects.all()[:rows])
    address = change_email(user=person, email=SAYS["new_email"])
    set_preferences(
        user_id=person.pk,
        changes={
            "reminder_minutes": [15, 30, 45][:rows],
            "channels": {"reminder": {"email": False}},
        },
    )
    for number in range(rows):
        log_in(login=person.username, password=PASSWORD)
        EmailConfirmation.objects.create(email_address=address, key=f"{SAYS['secret']}-{number}")
        MailRequest.objects.create(purpose=MailRequest.Purpose.VERIFY_EMAIL, email=person.email)
        Authenticator.objects.create(
            user=person, type=Authenticator.Type.WEBAUTHN, data={"key": SAYS["secret"]}
        )
        account = SocialAccount.objects.create(
            user=person,
            provider="github",
            uid=f"{SAYS['uid']}-{number}",
            extra_data={"email": SAYS["email"]},
        )
        SocialToken.objects.create(account=account, token=f"{SAYS['secret']}-{number}")
        claim_key(user_id=person.pk, key=f"key-{number}", fingerprint="")
        _admin_deeds(person)
        add_device(user_id=person.pk, token=f"{SAYS['device']}-{number}", platform="web")
        _organizes(person)
        _answers(person)
        _pays(person)
    for number in range(rows):
        _reviews(person, number)
    renew_secret(person)
    person.usersession_set.update(user_agent=SAYS["user_agent"])
    for notification in Notification.objects.filter(user=person):
        create_delivery(notification, Channel.EMAIL, address=SAYS["email"])
    return person


def _pays(person: User) -> None:
    event = EventFactory.create()
    ticket_type = offer(event)
    rsvp = buy(event, person, {ticket_type.pk: 1})
    payment = Payment.objects.create(
        event=event,
        payer=person,
        rsvp_id=rsvp.pk,
        amount=500,
        currency="EUR",
        provider="test",
        status=Payment.Status.PAID,
        expires_at=timezone.now(),
    )
    payment.lines.create(ticket_type=ticket_type, quantity=1, unit_amount=500)
    payment.refunds.create(amount=100)


def _admin_deeds(person: User) -> None:
    """Log an action of the user, and one of another admin on the user."""
    people = ContentType.objects.get_for_model(User)
    for actor, subject in ((person, UserFactory.create()), (UserFactory.create(), person)):
        LogEntry.objects.create(
            user=actor,
            content_type=people,
            object_id=str(subject.pk),
            object_repr=str(subject),
            action_flag=CHANGE,
            change_message='[{"changed": {"fields": ["Bio"]}}]',
        )


def _organizes(person: User) -> None:
    """Create future, past and running events, drafts, a series and a draft of one."""
    tags = TagFactory.create_batch(1)
    new: Any = {"created_by": person, "tags": tags}
    coming, past, running = (EventFactory.create(**new) for _ in range(3))
    EventFactory.create(**new, status=Event.Status.DRAFT)
    EventFactory.create(**new, recurrence_pattern="FREQ=DAILY;COUNT=3")
    EventFactory.create(**new, recurrence_pattern="FREQ=DAILY;COUNT=3", status=Event.Status.DRAFT)
    Subscription.objects.create(provider="ticketmaster", query="jazz", organizer=person)
    for event in (coming, past, running):
        join_event(event_id=event.pk, attendee=UserFactory.create())
        join_event(event_id=event.pk, attendee=person)
    update_event(event_id=coming.pk, changes={"location": "Elsewhere"})
    end_event(past)
    begin(running)


def _answers(person: User) -> None:
    """Create RSVPs and helper roles at future and past events of others."""
    coming, left, past = EventFactory.create_batch(3)
    for event in (coming, left, past):
        join_event(event_id=event.pk, attendee=person, guests=1)
    leave_event(event_id=left.pk, attendee=person)
    add_helper(event_id=coming.pk, username=person.username)
    party = Scan(user_id=person.pk, people=1)
    check_in(event_id=past.pk, scan=party, by=UserFactory.create(), is_correction=True)
    end_event(past)


def _reviews(person: User, number: int) -> None:
    """Create a review, a reply to one, and a hidden one."""
    over = Rsvp.objects.filter(event__end_time__lt=timezone.now(), status=Rsvp.Status.GOING)
    seats = over.order_by("id").select_related("event", "user")
    mine = seats.filter(user=person).exclude(event__created_by=person)[number]
    others = seats.filter(event__created_by=person).exclude(user=person)[number]
    submit_review(event_id=mine.event_id, author=person, rating=4, comment=SAYS["comment"])
    theirs = submit_review(event_id=others.event_id, author=others.user, rating=1)
    reply_to_review(review_id=theirs.pk, by=person, reply=SAYS["reply"])
    hide_review(review_id=theirs.pk, by=person, reason="Rude.")


def personal_models() -> dict[str, Any]:
    """Return by label every model with a relation to users, direct or indirect."""
    found: set[Any] = {User}
    models = apps.get_models(include_auto_created=True)
    while more := {model for model in models if model not in found and _points_at(model, found)}:
        found |= more
    return {model._meta.label_lower: model for model in found}


def _points_at(model: Any, targets: set[Any]) -> bool:
    fields = model._meta.concrete_fields
    return any(field.is_relation and field.related_model in targets for field in fields)


def places_that_hold(words: set[str]) -> Iterator[str]:
    """Yield every `table.column` that contains one of these words, in any case."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    if any(word.lower() in str(value).lower() for word in words):
                        yield f"{table}.{column}"


def rows_about(user_id: int) -> set[str]:
    """Return the labels of models with rows that still refer to this user directly."""
    return {
        label
        for label, model in personal_models().items()
        for field in model._meta.concrete_fields
        if field.is_relation
        and field.related_model is User
        and model.objects.filter(**{field.name: user_id}).exists()
    }


def later(minutes: int) -> None:
    """Move the due time of waiting erasures into the past."""
    User.objects.exclude(erasure_due_at=None).update(
        erasure_due_at=models.F("erasure_due_at") - timedelta(minutes=minutes)
    )
