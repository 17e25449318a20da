"""Forms of the admin pages of events."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanWidget

from accounts.models import User
from core.api.fields import fine_degrees
from core.errors import BadValue, RuleBroken
from core.validators import read_timezone
from events.all_day import CLOCK, bounds
from events.models import MOST_SEATS, Event
from events.services import events as services
from events.services.organizer_role import check_owner
from events.services.tallies import lock_tally
from events.services.times import read_times

PLACE = ("latitude", "longitude")


class NewOwnerField(forms.ModelChoiceField):
    """Search for an active organizer."""

    default_error_messages = {
        "invalid_choice": "This person is not an active organizer. Grant them the organizer role "
        "first."
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = AutocompleteSelect(Event._meta.get_field("created_by"), admin.site)
        super().__init__(User.objects.filter(is_active=True), widget=widget, **kwargs)

    def clean(self, value: Any) -> User | None:
        person: User | None = super().clean(value)
        if person is not None and not person.may_organize:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice"
            )
        return person


class HandOverForm(forms.Form):
    new_owner = NewOwnerField(help_text="Active organizer, who gets a notification.")


class EventForm(forms.ModelForm):
    """Validates by the rules of the services, under the lock that the page's transaction holds."""

    max_attendees = forms.IntegerField(
        min_value=1,
        max_value=MOST_SEATS,
        required=False,
        label="Seats",
        help_text="Empty: no limit.",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    remove_banner = forms.BooleanField(
        required=False, label="Remove the banner", widget=UnfoldBooleanWidget
    )

    class Meta:
        model = Event
        fields = [
            "title", "description", "status", "cancellation_reason", "created_by",
            "start_time", "end_time", "is_all_day", "timezone", "location", "latitude", "longitude",
            "category", "tags", "requires_verified_email", "refund_policy", "refund_until_hours",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CLOCK.intersection(self.fields):
            self.fields[
                name
            ].help_text = "Local to the time zone below. For all-day events only the days count."
        if "created_by" in self.fields:
            self.fields["created_by"].required = False
            self.fields["created_by"].help_text = "Empty: you."
        if self.instance.pk and self.fields:
            self.fields["max_attendees"].initial = self.instance.tally.max_attendees
            self.initial.update(self._local_times())
            if "end_time" in self.fields:
                self.fields["end_time"].required = False
                self.fields["end_time"].help_text += " Empty: the event keeps its length."

    def _local_times(self) -> dict[str, datetime]:
        """Return the times in the event's time zone; an all-day event ends on its last day."""
        if self.instance.days is not None:
            first, last = self.instance.days
            return {
                "start_time": datetime.combine(first, time.min),
                "end_time": datetime.combine(last, time(23, 59)),
            }
        zone = ZoneInfo(self.instance.timezone)
        return {
            name: getattr(self.instance, name).astimezone(zone).replace(tzinfo=None)
            for name in CLOCK
        }

    def clean_timezone(self) -> str:
        """Normalize the zone, because `clean` needs it for the times."""
        return read_timezone(self.cleaned_data["timezone"])

    def clean_created_by(self) -> User | None:
        owner: User | None = self.cleaned_data["created_by"]
        if owner is not None and not owner.may_organize:
            raise forms.ValidationError(
                "This person is not an organizer. Grant them the organizer role first."
            )
        return owner

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        for name in PLACE:
            if cleaned[name] is not None:
                cleaned[name] = fine_degrees(cleaned[name])
        zone = ZoneInfo(cleaned["timezone"])
        for name in CLOCK:
            if cleaned[name] is not None:
                cleaned[name] = cleaned[name].replace(tzinfo=zone)
        if self._keeps_end():
            # The form cannot distinguish the two hours of a clock change.
            cleaned["end_time"] = self.instance.end_time
        elif cleaned["is_all_day"] and cleaned["end_time"] is not None:
            first, last = cleaned["start_time"].date(), cleaned["end_time"].date()
            cleaned |= bounds(first, last, zone)
        try:
            if cleaned["end_time"] is None:
                names = ("start_time", "is_all_day", "timezone")
                cleaned |= read_times({name: cleaned[name] for name in names}, event=self.instance)
            if self.instance.pk:
                tally = lock_tally(self.instance.pk)
                current = Event.objects.get(pk=self.instance.pk)
                services.check_changes(event=current, tally=tally, changes=self.changes())
                check_owner(event=current, changes=self.changes(), now=timezone.now())
            else:
                services.check_new(Event(**self._without_relations(cleaned)))
        except BadValue as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
        except RuleBroken as refusal:
            self.add_error(None, str(refusal))
        return cleaned

    def _keeps_end(self) -> bool:
        """Return whether the shown end of an event with times was left unchanged."""
        of_end = {"end_time", "timezone", "is_all_day"}
        is_edited = bool(of_end & set(self.changed_data))
        return bool(self.instance.pk) and not (is_edited or self.instance.is_all_day)

    def changes(self) -> dict[str, Any]:
        """Return the edited fields.

        Both times are included after an edit of the zone, because the same local times are other
        instants, and the end after an edit of the start, because the form shows it.
        """
        changed = set(self.changed_data)
        changed |= CLOCK if changed & {"timezone", "is_all_day"} else set()
        changed |= {"end_time"} if "start_time" in changed else set()
        removed = {"banner": ""} if self.cleaned_data.get("remove_banner") else {}
        return {name: self.cleaned_data[name] for name in changed - {"remove_banner"}} | removed

    def _without_relations(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        elsewhere = ("tags", "max_attendees", "remove_banner")
        return {k: v for k, v in cleaned.items() if k not in elsewhere}
