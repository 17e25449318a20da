"""Forms of the admin pages of external events."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone
from unfold import widgets

from accounts.models import User
from core.validators import PlainText, validate_year
from events.models import Event
from external_events.models import MOST_A_RUN, MOST_DAYS_AHEAD, Subscription
from external_events.providers import PROVIDERS, default_provider, provider_choices
from external_events.providers.base import Provider, Query
from external_events.selectors import organizers

_LONGEST = 200  # what a standing import can store of a search
_NO_ORGANIZER = {"invalid_choice": "Choose an active organizer."}


def _text_field(label: str, **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=_LONGEST,
        validators=[PlainText()],
        widget=widgets.UnfoldAdminTextInputWidget(attrs=attrs),
    )


def _day_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=[validate_year],
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )


class SearchForm(forms.Form):
    """A search at a provider."""

    provider = forms.ChoiceField(
        choices=provider_choices,
        initial=lambda: default_provider().name,
        widget=widgets.UnfoldAdminSelectWidget,
    )
    query = _text_field("Words", type="search")
    location = _text_field("Location", placeholder="City, or City, CC")
    date_from = _day_field("From")
    date_to = _day_field("To")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("date_from"), cleaned.get("date_to")
        if first and last and last < first:
            self.add_error("date_to", "The last day can't be before the first day.")
        return cleaned

    @property
    def selected_provider(self) -> Provider:
        return PROVIDERS[self.cleaned_data["provider"]]

    def to_query(self) -> Query:
        return Query(
            text=self.cleaned_data["query"],
            location=self.cleaned_data["location"],
            first_day=self.cleaned_data["date_from"],
            last_day=self.cleaned_data["date_to"],
        )

    def to_subscription(self) -> dict[str, Any] | None:
        """Return the details of a standing import with this search; None if there can't be one.

        Standing imports need words or a location, and search from today on.
        """
        data, today = self.cleaned_data, timezone.now().date()
        days = Subscription._meta.get_field("days_ahead").default
        if data["date_to"]:
            days = min((data["date_to"] - today + timedelta(days=1)).days, MOST_DAYS_AHEAD)
        is_later = data["date_from"] is not None and data["date_from"] > today
        if is_later or days < 1 or not (data["query"] or data["location"]):
            return None
        details = {name: data[name] for name in ("provider", "query", "location")}
        return details | {"days_ahead": days}


class ImportForm(forms.Form):
    """The owner and the status of the events to import."""

    organizer = forms.ModelChoiceField(
        organizers(),
        required=False,
        widget=AutocompleteSelect(Subscription._meta.get_field("organizer"), admin.site),
        error_messages=_NO_ORGANIZER,
        help_text="Owner of the events. Empty: no owner; only admins can edit them.",
    )
    status = forms.ChoiceField(
        label="As",
        choices=[(Event.Status.PUBLISHED, "published"), (Event.Status.DRAFT, "drafts")],
        widget=widgets.UnfoldAdminSelectWidget,
    )


class SubscriptionForm(forms.ModelForm):
    limit = forms.IntegerField(
        min_value=1,
        max_value=MOST_A_RUN,
        required=False,
        help_text=Subscription._meta.get_field("limit").help_text,
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = Subscription
        labels = {"query": "Words"}
        fields = [
            "provider", "query", "location", "every", "days_ahead", "limit", "dry_run",
            "is_active", "category", "organizer",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organizer: Any = self.fields.get("organizer")
        if organizer is not None:
            # The current organizer may stay, even if they can't organize any more.
            current = User.objects.filter(pk=self.instance.organizer_id)
            organizer.queryset = organizers() | current
            organizer.error_messages |= _NO_ORGANIZER
