"""People in the admin."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import (
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
    UnfoldBooleanWidget,
)

from accounts import mails
from accounts.admin.ways_in import AddressInline, FactorInline, ProviderInline, SessionInline
from accounts.authentication import signed_in
from accounts.models import User
from accounts.services import emails, erasure, lifecycle, second_factor, sessions
from accounts.services.pictures import picture_url, remove_picture, set_picture
from config.admin import KeptForTheRecords
from config.errors import RuleBroken
from config.validators import read_phone


class PersonForm(UserChangeForm):
    """A phone number may be written with blanks, and a picture be taken away."""

    phone = forms.CharField(
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=User._meta.get_field("phone").help_text,
    )

    remove_picture = forms.BooleanField(
        required=False,
        label="Remove the picture",
        help_text="Deletes an upload, and empties the address.",
        widget=UnfoldBooleanWidget,
    )

    def clean_phone(self) -> str:
        written = self.cleaned_data["phone"]
        return read_phone(written) if written else ""


class PasswordForm(AdminPasswordChangeForm):
    """Who knew the old password is signed out everywhere."""

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit)
        sessions.end_all_sessions(user=user)
        mails.tell(user_id=user.pk, what="password_changed")
        return user


@admin.register(User)
class UserAdmin(KeptForTheRecords, DjangoUserAdmin, ModelAdmin):
    """Deactivating is an action, as it ends sessions and gives seats back."""

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ["username", "email", "is_organizer", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_organizer", "is_staff", "is_active", "date_joined"]
    search_fields = ["username", "email", "first_name", "last_name"]
    ordering = ["-date_joined"]
    readonly_fields = ["is_active", "last_login", "date_joined", "picture"]
    autocomplete_fields = ["interests"]
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https", "widget": UnfoldAdminURLInputWidget}
    }
    filter_horizontal = ["user_permissions"]
    actions = ["deactivate", "reactivate", "erase", "trust_address", "turn_off_second_factor"]
    inlines = [AddressInline, FactorInline, ProviderInline, SessionInline]
    fieldsets = [
        (None, {"fields": ["username", "email", "password"]}),
        (
            "Person",
            {
                "fields": [
                    "first_name",
                    "last_name",
                    "bio",
                    "picture",
                    "profile_picture",
                    "remove_picture",
                    "timezone",
                    "phone",
                ]
            },
        ),
        ("Interests", {"fields": ["interests"]}),
        (
            "What they may do",
            {
                "fields": [
                    "is_organizer",
                    "is_active",
                    "is_staff",
                    "is_superuser",
                    "user_permissions",
                ]
            },
        ),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["username", "email", "is_organizer", "password1", "password2"],
            },
        )
    ]

    @admin.display(description="Uploaded picture")
    def picture(self, user: User) -> str:
        """Not one at an address of the person's own: whose server it is would learn who looks."""
        if not user.picture_key:
            return "–"
        return format_html(
            '<img src="{}" width="128" height="128" alt="">', picture_url(user, size=128)
        )

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return list(super().get_inlines(request, obj)) if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            emails.take_address(user=obj, before=form.initial.get("email", ""))
        if form.cleaned_data.get("remove_picture"):
            remove_picture(user=obj)
        elif "profile_picture" in form.changed_data:
            set_picture(user=obj, url=obj.profile_picture)

    @admin.action(description="Deactivate: end sessions, give seats back", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        others = queryset.exclude(pk=signed_in(request).pk)
        if len(others) < len(queryset):
            self.message_user(request, "You cannot deactivate yourself.", messages.WARNING)
        for user in others:
            lifecycle.deactivate(user=user)
        if others:
            self.message_user(request, f"{len(others)} deactivated.", messages.SUCCESS)

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        back = self._each(request, queryset, lifecycle.reactivate)
        if back:
            self.message_user(request, f"{len(back)} reactivated.", messages.SUCCESS)

    @admin.action(description="Erase: for good, after a question", permissions=["change"])
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> TemplateResponse | None:
        """For those who ask for it by mail."""
        others = queryset.exclude(pk=signed_in(request).pk)
        if len(others) < len(queryset):
            self.message_user(
                request, "You cannot erase yourself here: the API does.", messages.WARNING
            )
        if not others:
            return None
        if "confirmed" not in request.POST:
            asked = {
                **self.admin_site.each_context(request),
                "title": "Erase for good?",
                "people": others,
                "opts": self.opts,
                "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "accounts/admin_erase.html", asked)
        erased = self._each(request, others, _erase)
        for user in erased:
            user.refresh_from_db()  # the log must not hold the name that just went
            self.log_change(request, user, "Erased.")
        if erased:
            self.message_user(request, f"{len(erased)} erased.", messages.SUCCESS)
        return None

    @admin.action(
        description="Trust the e-mail address: count it as verified", permissions=["change"]
    )
    def trust_address(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        trusted = self._each(request, queryset, emails.trust_address)
        self.message_user(request, f"{len(trusted)} verified.", messages.SUCCESS)

    @admin.action(
        description="Turn off the second factor, for who has lost the device",
        permissions=["change"],
    )
    def turn_off_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Passkeys and recovery codes too; the person is told."""
        others = queryset.exclude(pk=signed_in(request).pk)
        if len(others) < len(queryset):
            self.message_user(request, "Your own is turned off by the API.", messages.WARNING)
        freed = self._each(request, others, second_factor.turn_off_everything)
        for user in freed:
            self.log_change(request, user, "Second factor turned off.")
        self.message_user(request, f"{len(freed)} without a second factor now.", messages.SUCCESS)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[User], write: Callable[..., None]
    ) -> list[User]:
        """Those with whom it worked; why not with the others is told."""
        done = []
        for user in queryset:
            try:
                write(user=user)
                done.append(user)
            except RuleBroken as refusal:
                self.message_user(request, f"{user}: {refusal}", messages.ERROR)
        return done

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_gone = obj is not None and obj.erasure_asked_at is not None
        return not is_gone and super().has_change_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, *args, **kwargs)
        if "email" in form.base_fields:
            form.base_fields["email"].required = True
        return form


def _erase(*, user: User) -> None:
    erasure.erase(user_id=user.pk)
