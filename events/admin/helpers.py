"""Helpers on the admin page of an event, added and removed by the services."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from accounts.models import User
from core.errors import RuleBroken
from events.models import Helper
from events.models.helpers import MOST_HELPERS
from events.services.helpers import add_helper, check_may_help, remove_helper


class HelperForm(forms.ModelForm):
    class Meta:
        model = Helper
        fields = ["user"]

    def clean_user(self) -> User:
        """Check the rules under the lock that the form of the event holds."""
        person: User = self.cleaned_data["user"]
        try:
            check_may_help(event=self.instance.event, person=person)
        except RuleBroken as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return person


class HelperInline(TabularInline):
    model = Helper
    form = HelperForm
    verbose_name_plural = "helpers"
    fields = ["user", "created_at"]
    readonly_fields = ["created_at"]
    autocomplete_fields = ["user"]
    extra = 0
    max_num = MOST_HELPERS
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Helper]:
        return super().get_queryset(request).select_related("user")  # type: ignore[no-any-return]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_max=True, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def save_helpers(formset: Any) -> None:
    """Write the edited helpers."""
    formset.save(commit=False)  # sets the lists below, also for the log
    for helper in formset.deleted_objects:
        remove_helper(event_id=helper.event_id, user_id=helper.user_id)
    for helper in formset.new_objects:
        add_helper(event_id=helper.event_id, username=helper.user.username)
