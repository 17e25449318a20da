"""The consequences of a deactivation for the events of the person."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db import models
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.deactivation import DeactivationEffect
from accounts.models import User
from core.validators import PlainText
from events.forms import NewOwnerField
from events.models import Event
from events.services.handover import hand_over_all
from events.services.organizers import cancel_upcoming, upcoming_of


class Choice(models.TextChoices):
    KEEP = "keep", "Hide them until the account is active again"
    HAND_OVER = "hand_over", "Hand them over to another organizer"
    CANCEL = "cancel", "Cancel those that have not started"


class EventsChoiceForm(forms.Form):
    events = forms.ChoiceField(
        label="Events that are not over",
        choices=Choice.choices,
        required=False,
        help_text="Hidden events are in no list and accept no RSVPs. People with an RSVP can still "
        "read them, and can cancel it.",
        widget=UnfoldAdminSelectWidget,
    )
    new_owner = NewOwnerField(
        required=False, help_text="An active organizer, for events that are handed over."
    )
    reason = forms.CharField(
        required=False,
        max_length=Event._meta.get_field("cancellation_reason").max_length,
        validators=[PlainText(lines=True)],
        help_text="The reason for the cancellation, which attendees read.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, data: Any, people: Sequence[User]) -> None:
        super().__init__(data)
        self._people = people

    def clean_events(self) -> str:
        return self.cleaned_data["events"] or Choice.KEEP

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        owner = cleaned.get("new_owner")
        if cleaned.get("events") == Choice.HAND_OVER and "new_owner" not in self.errors:
            if owner is None:
                self.add_error("new_owner", "Choose the new owner.")
            elif owner in self._people:
                self.add_error("new_owner", "This account is about to be deactivated.")
        return cleaned


def _describe(people: Sequence[User]) -> dict[int, str]:
    return {
        user_id: f"Organizes {_counted(events, 'event')} that {'is' if events == 1 else 'are'} not "
        f"over, to which {_counted(answered, 'person', 'people')} RSVPed. Each date of a series "
        "counts."
        for user_id, (events, answered) in upcoming_of(people).items()
    }


def _choices(data: Any, by: User, people: Sequence[User]) -> forms.Form | None:
    """Return the form for admins who may change events; None for others."""
    return EventsChoiceForm(data, people) if by.may("change", Event) else None


def _carry_out(person: User, chosen: Mapping[str, Any]) -> list[str]:
    refused: Sequence[tuple[Any, Exception]] = []
    results = []
    if chosen["events"] == Choice.HAND_OVER:
        new_owner: User = chosen["new_owner"]
        number, refused = hand_over_all(owner=person, new_owner=new_owner)
        results = [f"{_counted(number, 'event')} of {person} handed over to {new_owner}."]
    elif chosen["events"] == Choice.CANCEL:
        refused = cancel_upcoming(organizer=person, reason=chosen["reason"])
        results = [f"The events of {person} that have not started are cancelled."]
    return results + [f"{row}: {refusal}" for row, refusal in refused]


def _counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


CONSEQUENCE = DeactivationEffect(describe=_describe, choices=_choices, carry_out=_carry_out)
