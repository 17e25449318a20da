"""Who gets a seat, who waits, and who is next: every such rule is here.

Each write locks the event's tally first and only then reads what decides
(docs/adr/0002). Everyone joins the line, then the line is served: nobody
overtakes, parties are seated whole.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event, Tally
from events.selectors import EventNotFound
from events.services.events import EventCancelled, EventStarted
from events.services.tallies import lock_tally
from rsvp.messages import tell_of_answer, tell_of_promotions
from rsvp.models import Answer, Rsvp
from rsvp.selectors import RsvpNotFound, answers_of_inactive_people

Status = Rsvp.Status
_COUNTS = {Status.GOING: "going", Status.INTERESTED: "interested", Status.WAITLISTED: "waiting"}


class EventFull(RuleBroken):
    code = "event_full"
    message = "There is no seat for so many now."
    next_step = "join_waitlist"


class NoSeatsToAdd(EventFull):
    message = "There is no seat to add to yours; you keep those you have."
    next_step = ""


class PartyTooLarge(RuleBroken):
    code = "party_too_large"
    message = "The event will never hold a party of that size."
    next_step = "bring_fewer_guests"


class EventEnded(RuleBroken):
    code = "event_ended"
    message = "This event is over."


class AccountInactive(RuleBroken):
    status = 401
    code = "token_not_valid"
    message = "The account is not active."


@transaction.atomic
def join_event(
    *, event_id: int, attendee: User, guests: int | None = None, may_wait: bool = True
) -> tuple[Rsvp, bool]:
    """Take seats for the attendee's party, or a place in the line; and whether it is new.

    `guests=None` keeps the party as it was. Raises EventNotFound, EventCancelled,
    EventStarted, PartyTooLarge, and EventFull where the party may not wait or a
    holder asks for more seats than a newcomer could get.
    """
    tally, event, rsvp = _open(event_id, attendee)
    is_new = rsvp.pk is None
    guests = rsvp.guests if guests is None else guests
    party, seats_held = 1 + guests, rsvp.party if rsvp.status == Status.GOING else 0
    is_repeated = rsvp.status == Status.WAITLISTED and party == rsvp.party
    if not tally.can_ever_hold(party) and not is_repeated:
        raise PartyTooLarge

    # Where nobody who fits is waiting, the line would seat this party at once.
    gets_in = not tally.is_full and tally.has_room_for(party - seats_held)
    if gets_in or party <= seats_held:
        answer = _record(tally, rsvp, Status.GOING, guests)
    elif seats_held:
        raise NoSeatsToAdd
    else:
        answer = _record(tally, rsvp, Status.WAITLISTED, guests)
    seat_those_waiting(tally, event)
    if rsvp.status == Status.WAITLISTED:
        # A party that waits already and shrank may just have been seated.
        rsvp.refresh_from_db(fields=["status", "line_no", "updated_at"])
        if rsvp.status == Status.WAITLISTED and not may_wait:
            raise EventFull
    if answer and answer.to_status == rsvp.status:  # else it was told of the promotion
        tell_of_answer(rsvp, answer, event)
    return rsvp, is_new


@transaction.atomic
def mark_interested(
    *, event_id: int, attendee: User, guests: int | None = None
) -> tuple[Rsvp, bool]:
    """Note an interest, giving up seats or the place in the line; and whether it is new.

    Raises EventNotFound, EventCancelled and EventStarted.
    """
    tally, event, rsvp = _open(event_id, attendee)
    is_new = rsvp.pk is None
    answer = _record(tally, rsvp, Status.INTERESTED, rsvp.guests if guests is None else guests)
    if answer:
        tell_of_answer(rsvp, answer, event)
    seat_those_waiting(tally, event)
    return rsvp, is_new


@transaction.atomic
def leave_event(*, event_id: int, attendee: User) -> Rsvp:
    """Give the attendee's seats back and pass them on to whoever waits first.

    Capacity is never checked here: a write that frees seats must not fail
    because the event is full. Leaving twice is no error; it works until the
    end. Raises EventNotFound, RsvpNotFound and EventEnded.
    """
    tally = lock_tally(event_id)
    event = _visible_event(event_id)
    rsvp = Rsvp.objects.filter(event=event, user=attendee).first()
    if rsvp is None:
        raise RsvpNotFound
    if rsvp.is_live:
        if event.is_over(timezone.now()):
            raise EventEnded
        _leave(tally, event, rsvp)
    rsvp.event, rsvp.user = event, attendee
    return rsvp


def leave_all_events(*, attendee: User) -> int:
    """Give back every seat in events that are not over; answers how many were left.

    One transaction an event, so that a popular organizer's erasure does not
    lock a hundred events at once.
    """
    upcoming = Rsvp.objects.live().filter(user=attendee, event__end_time__gt=timezone.now())
    event_ids = list(upcoming.order_by("event_id").values_list("event_id", flat=True))
    for event_id in event_ids:
        with transaction.atomic():
            tally = lock_tally(event_id)
            event = Event.objects.get(pk=event_id)
            _leave(tally, event, Rsvp.objects.get(event=event, user=attendee))
    return len(event_ids)


def free_seats_of_inactive() -> None:
    """Give back what a deactivation, cut off in the middle, has left behind."""
    for user in User.objects.filter(pk__in=answers_of_inactive_people().values("user")):
        leave_all_events(attendee=user)


def seat_those_waiting(tally: Tally, event: Event) -> None:
    """Seat the line's head while it fits; the tally must be locked.

    Stops at the first party that does not fit, so that small parties behind
    never starve a large one. A party that no longer fits a lowered limit at all
    is passed over. At the start the line closes.
    """
    nobody_who_fits = tally.waiting <= tally.passed_over
    if (
        nobody_who_fits
        or event.is_hidden
        or event.is_cancelled
        or event.has_started(timezone.now())
    ):
        return
    line = Rsvp.objects.line().filter(event=event).up_to_size(tally.max_attendees)
    if tally.spots_left is not None:
        line = line[: tally.spots_left]
    seated: list[Rsvp] = []
    people = 0
    for rsvp in line:
        if not tally.has_room_for(people + rsvp.party):
            break
        people += rsvp.party
        seated.append(rsvp)
    if not seated:
        return
    now = timezone.now()
    (
        Rsvp.objects.line()
        .filter(event=event, line_no__lte=seated[-1].line_no)
        .up_to_size(tally.max_attendees)
        .update(status=Status.GOING, line_no=None, updated_at=now)
    )
    answers = Answer.objects.bulk_create(
        [_answer(rsvp, Status.WAITLISTED, Status.GOING, now) for rsvp in seated], batch_size=1000
    )
    tell_of_promotions(seated, answers, event)
    tally.going += people
    tally.waiting -= people
    tally.save(update_fields=["going", "waiting"])


def apply_new_limit(tally: Tally, event: Event) -> None:
    """After a change of the limit: who is passed over now, and who can be seated."""
    if tally.waiting:
        line = Rsvp.objects.line().filter(event=event)
        limit = tally.max_attendees
        tally.passed_over = 0 if limit is None else line.filter(guests__gte=limit).people()
        tally.save(update_fields=["passed_over"])
    seat_those_waiting(tally, event)


def _open(event_id: int, attendee: User) -> tuple[Tally, Event, Rsvp]:
    """The locked tally, and what is true under its lock; the answer may be unsaved."""
    tally = lock_tally(event_id)
    event = _visible_event(event_id)
    if event.is_cancelled:
        raise EventCancelled
    if event.has_started(timezone.now()):
        raise EventStarted
    # Locked, so that a deactivation waits and then finds the seats that were taken here.
    if not User.objects.select_for_update(no_key=True).filter(pk=attendee.pk, is_active=True):
        raise AccountInactive
    rsvp = Rsvp.objects.filter(event=event, user=attendee).first() or Rsvp(user=attendee)
    rsvp.event, rsvp.user = event, attendee
    return tally, event, rsvp


def _visible_event(event_id: int) -> Event:
    event = Event.objects.alive().filter(pk=event_id).first()
    if event is None or event.is_hidden:
        raise EventNotFound
    return event


def _leave(tally: Tally, event: Event, rsvp: Rsvp) -> None:
    answer = _record(tally, rsvp, Status.CANCELLED, rsvp.guests)
    if answer:
        tell_of_answer(rsvp, answer, event)
    seat_those_waiting(tally, event)


def _record(tally: Tally, rsvp: Rsvp, status: Status, guests: int) -> Answer | None:
    """Write an answer, its history and the counts together; a repeated one writes nothing."""
    before, size_before = rsvp.status, rsvp.party
    if rsvp.pk and (before, rsvp.guests) == (status, guests):
        return None
    now = timezone.now()
    _count(tally, rsvp, -1)
    grows = 1 + guests > size_before
    if status != Status.WAITLISTED:
        rsvp.line_no = None
    elif before != Status.WAITLISTED or grows:
        rsvp.line_no = tally.next_in_line
        tally.next_in_line += 1
    rsvp.status, rsvp.guests = status, guests
    _count(tally, rsvp, +1)
    rsvp.save()
    answer = _answer(rsvp, before, status, now)
    answer.save()
    tally.save(update_fields=["going", "interested", "waiting", "passed_over", "next_in_line"])
    return answer


def _count(tally: Tally, rsvp: Rsvp, sign: int) -> None:
    if not rsvp.is_live:
        return
    people = sign * rsvp.party
    count = _COUNTS[Status(rsvp.status)]
    setattr(tally, count, getattr(tally, count) + people)
    if rsvp.status == Status.WAITLISTED and not tally.can_ever_hold(rsvp.party):
        tally.passed_over += people


def _answer(rsvp: Rsvp, before: str, after: str, at: datetime) -> Answer:
    return Answer(
        rsvp=rsvp, event_id=rsvp.event_id, from_status=before, to_status=after,
        guests=rsvp.guests, at=at,
    )  # fmt: skip
