"""The forms of the admin's pages of events from elsewhere."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import User
from core.validators import PlainText, validate_year
from events.models import Event
from external_events.models import MOST_A_RUN, MOST_DAYS_AHEAD, ProviderName, Subscription
from external_events.providers import PROVIDERS
from external_events.providers.base import Provider, Query
from external_events.selectors import organizers
from external_events.services import finding

_LONGEST = 200  # what a standing import keeps of a search


class SearchForm(forms.Form):
    """What to look for at a provider."""

    provider = forms.ChoiceField(choices=ProviderName.choices, widget=UnfoldAdminSelectWidget)
    query = forms.CharField(
        label="Words",
        required=False,
        max_length=_LONGEST,
        validators=[PlainText()],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "search"}),
    )
    location = forms.CharField(
        required=False,
        max_length=_LONGEST,
        validators=[PlainText()],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "City, or City, CC"}),
    )
    date_from = forms.DateField(
        label="From",
        required=False,
        validators=[validate_year],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    date_to = forms.DateField(
        label="To",
        required=False,
        validators=[validate_year],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].initial = finding.usual_provider().name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("date_from"), cleaned.get("date_to")
        if first and last and last < first:
            self.add_error("date_to", "It is before the first day.")
        return cleaned

    @property
    def asked(self) -> Provider:
        return PROVIDERS[self.cleaned_data["provider"]]

    def words(self) -> Query:
        return finding.query_of(
            text=self.cleaned_data["query"],
            location=self.cleaned_data["location"],
            first_day=self.cleaned_data["date_from"],
            last_day=self.cleaned_data["date_to"],
        )

    def standing(self) -> dict[str, Any] | None:
        """The same as a standing import, which looks from now on; None where it cannot."""
        said, today = self.cleaned_data, timezone.now().date()
        days = Subscription._meta.get_field("days_ahead").default
        if said["date_to"]:
            days = min((said["date_to"] - today + timedelta(days=1)).days, MOST_DAYS_AHEAD)
        is_later = said["date_from"] is not None and said["date_from"] > today
        if is_later or days < 1 or not (said["query"] or said["location"]):
            return None
        asked = {name: said[name] for name in ("provider", "query", "location")}
        return asked | {"days_ahead": days}


class ImportForm(forms.Form):
    """What becomes of the events that are chosen."""

    organizer = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        widget=AutocompleteSelect(Subscription._meta.get_field("organizer"), admin.site),
        error_messages={"invalid_choice": "This person is no organizer."},
        help_text="Empty: nobody's, admins look after them.",
    )
    status = forms.ChoiceField(
        label="As",
        choices=[(Event.Status.PUBLISHED, "published"), (Event.Status.DRAFT, "drafts")],
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organizer: Any = self.fields["organizer"]
        organizer.queryset = organizers()


class SubscriptionForm(forms.ModelForm):
    limit = forms.IntegerField(
        min_value=1,
        max_value=MOST_A_RUN,
        required=False,
        help_text=Subscription._meta.get_field("limit").help_text,
        widget=UnfoldAdminIntegerFieldWidget,
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
            # Who was one and is none any more may stay.
            who_is = User.objects.filter(pk=self.instance.organizer_id)
            organizer.queryset = organizers() | who_is
            organizer.error_messages["invalid_choice"] = "This person is no organizer."
