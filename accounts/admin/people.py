"""Users in the admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
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
from accounts.admin import credentials
from accounts.admin.deactivation import Deactivation
from accounts.admin.rights import allowed_people
from accounts.authentication import signed_in
from accounts.exceptions import LastAdmin
from accounts.models import User
from accounts.services import emails, erasure, lifecycle, organizers, second_factor, sessions
from accounts.services.lifecycle import lock_unless_last
from accounts.services.pictures import picture_url, set_picture
from core.admin import KeptForTheRecords
from core.email_addresses import canonical_email
from core.validators import normalize_name, read_phone, read_timezone

_RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]


class PersonForm(UserChangeForm):
    """Accepts phone numbers with blanks, and can remove the picture."""

    phone = forms.CharField(
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=User._meta.get_field("phone").help_text,
    )

    remove_picture = forms.BooleanField(
        required=False,
        label="Remove the picture",
        help_text="Deletes the upload and the address.",
        widget=UnfoldBooleanWidget,
    )

    def clean_display_name(self) -> str:
        return normalize_name(self.cleaned_data["display_name"])

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        return read_phone(phone) if phone else ""

    def clean_timezone(self) -> str:
        return read_timezone(self.cleaned_data["timezone"])

    def clean_is_superuser(self) -> bool:
        """Check under a lock that the page's transaction holds until its commit."""
        is_superuser: bool = self.cleaned_data["is_superuser"]
        if self.instance.is_superuser and not is_superuser:
            try:
                lock_unless_last(self.instance.pk)
            except LastAdmin as refusal:
                raise forms.ValidationError(str(refusal), code=refusal.code) from refusal
        return is_superuser

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        is_removed = "is_staff" in self.changed_data and not cleaned.get("is_staff")
        if is_removed and cleaned.get("is_superuser"):
            message = "A superuser needs this. Remove the superuser status first."
            self.add_error("is_staff", message)
        return cleaned


class PasswordForm(AdminPasswordChangeForm):
    """Ends all sessions, because others may know the old password."""

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit)
        sessions.end_all_sessions(user=user)
        mails.send_security(user_id=user.pk, what="password_changed")
        return user


@admin.register(User)
class UserAdmin(KeptForTheRecords, DjangoUserAdmin, ModelAdmin):
    """Deactivate by an action, because it ends sessions and releases seats."""

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ["names", "email", "roles", "date_joined"]
    list_filter = ["is_organizer", "is_staff", "is_active", "date_joined"]
    search_fields = ["username", "display_name", "email", "first_name", "last_name"]
    ordering = ["-date_joined"]
    readonly_fields = [
        "confirmed_phone", "is_active", "organizer_revoked_at", "last_login", "date_joined",
        "picture",
    ]  # fmt: skip
    autocomplete_fields = ["interests"]
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https", "widget": UnfoldAdminURLInputWidget}
    }
    filter_horizontal = ["user_permissions"]
    actions = [
        "deactivate", "reactivate", "revoke_organizer", "erase", "trust_address",
        "turn_off_second_factor",
    ]  # fmt: skip
    inlines = [*credentials.INLINES]
    fieldsets = [
        (None, {"fields": ["username", "email", "password"]}),
        ("Person", {"fields": [
            "display_name", "first_name", "last_name", "bio", "picture", "profile_picture",
            "remove_picture", "timezone", "phone", "confirmed_phone", "contact_email",
        ]}),
        ("Interests", {"fields": ["interests"]}),
        ("Permissions", {"fields": [
            "is_organizer", "organizer_revoked_at", "is_active", "is_staff", "is_superuser",
            "user_permissions",
        ]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]  # fmt: skip
    add_fieldsets = [
        (None, {
            "classes": ["wide"],
            "fields": ["username", "email", "is_organizer", "password1", "password2"],
        })
    ]  # fmt: skip

    @admin.display(description="user", ordering="username")
    def names(self, user: User) -> str:
        return str(user)

    @admin.display
    def roles(self, user: User) -> str:
        roles = {
            "organizer": user.is_organizer,
            "superuser": user.is_superuser,
            "staff": user.is_staff and not user.is_superuser,
            "deactivated": not user.is_active,
        }
        return ", ".join(role for role, has_it in roles.items() if has_it) or "–"

    @admin.display(description="Uploaded picture")
    def picture(self, user: User) -> str:
        """Show uploads only: the server of another address would learn which admin looks."""
        image = '<img src="{}" width="128" height="128" alt="">'
        return format_html(image, picture_url(user, size=128)) if user.picture_key else "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Find names and addresses in the form in which they are stored."""
        term = normalize_name(search_term)
        if "@" in term:
            term = canonical_email(term)
        return super().get_search_results(request, queryset, term)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return list(super().get_inlines(request, obj)) if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and "is_organizer" in form.changed_data:
            organizers.record_decision(user=obj)
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            emails.set_address(user=obj, before=form.initial.get("email", ""))
        if form.cleaned_data.get("remove_picture"):
            set_picture(user=obj)
        elif "profile_picture" in form.changed_data:
            set_picture(user=obj, url=obj.profile_picture)

    @admin.action(
        description="Deactivate: end sessions, release seats, hide events (asks first)",
        permissions=["change"],
    )
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> TemplateResponse | None:
        others = self._others(request, queryset, "You cannot deactivate yourself.")
        if not others:
            return None
        deactivation = Deactivation(request, others)
        if not deactivation.is_ready():
            return self.ask(
                request, "accounts/admin_deactivate.html", "Deactivate?", **deactivation.context()
            )
        for user in self._call_for(request, others, lifecycle.deactivate, "deactivated"):
            for result in deactivation.carry_out(user):
                self.message_user(request, result, messages.WARNING)
        return None

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = allowed_people(request, self, queryset)
        self._call_for(request, people, lifecycle.reactivate, "reactivated")

    @admin.action(description="Revoke the organizer role", permissions=["change"])
    def revoke_organizer(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Include users who turned the role off: they could turn it on again."""
        people = allowed_people(request, self, queryset)
        done, log = "without the organizer role now", "Organizer role revoked."
        self._call_for(request, people, organizers.revoke_role, done, log=log)

    @admin.action(description="Erase permanently (asks first)", permissions=["change"])
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> TemplateResponse | None:
        """Erase people who request it by mail."""
        others = self._others(request, queryset, "You cannot erase yourself here. Use the API.")
        if not others:
            return None
        if "confirmed" not in request.POST:
            return self.ask(
                request, "accounts/admin_erase.html", "Erase permanently?", people=others
            )
        self._call_for(
            request, others, lambda user: erasure.erase(user_id=user.pk), "erased", log="Erased."
        )
        return None

    @admin.action(
        description="Trust the e-mail address: mark it as verified", permissions=["change"]
    )
    def trust_address(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = allowed_people(request, self, queryset)
        self._call_for(request, people, emails.trust_address, "verified")

    @admin.action(
        description="Turn off the second factor, for people who lost their device",
        permissions=["change"],
    )
    def turn_off_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Also remove passkeys and recovery codes, and send a mail."""
        others = self._others(request, queryset, "You cannot turn off your own here. Use the API.")
        service, done = second_factor.turn_off_everything, "without a second factor now"
        self._call_for(request, others, service, done, log="Second factor turned off.")

    def _call_for(
        self, request: HttpRequest, people: list[User], service: Any, done: str, log: str = ""
    ) -> list[User]:
        """Call a service for each user; return, and log, those without a refusal."""
        users = self.one_by_one(request, people, lambda user: service(user=user), done)
        for user in users if log else ():
            user.refresh_from_db()  # the log must not contain an erased name
            self.log_change(request, user, log)
        return users

    def _others(self, request: HttpRequest, queryset: QuerySet[User], refusal: str) -> list[User]:
        """Return the people whose accounts the admin may change, except their own."""
        others = queryset.exclude(pk=signed_in(request).pk)
        if len(others) < len(queryset):
            self.message_user(request, refusal, messages.WARNING)
        return allowed_people(request, self, others)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or (obj.erasure_asked_at is None and signed_in(request).may_act_on(obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let only superusers change permissions: staff could give themselves all of them."""
        rights = [] if signed_in(request).is_superuser else _RIGHTS
        return [*super().get_readonly_fields(request, obj), *rights]

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, *args, **kwargs)
        if "email" in form.base_fields:
            form.base_fields["email"].required = True
        return form
