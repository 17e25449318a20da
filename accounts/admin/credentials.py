"""Addresses, second factors, linked providers and sessions in the admin, read-only."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.rights import allowed_people
from accounts.devices import device_name
from accounts.selectors import session_kind
from accounts.services import sessions
from core.admin import ReadOnlyAdmin, ReadOnlyInline

admin.site.login_template = "accounts/admin_login.html"
# allauth's own admin pages can write rows that only its flows should write, and show secrets.
for _model in (
    Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession
):  # fmt: skip
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class AddressInline(ReadOnlyInline):
    model = EmailAddress
    fields = ["email", "verified", "primary"]


class FactorInline(ReadOnlyInline):
    """Without `data`, which contains the encrypted secrets."""

    model = Authenticator
    verbose_name_plural = "second factors and passkeys"
    fields = ["type", "created_at", "last_used_at"]


class ProviderInline(ReadOnlyInline):
    model = SocialAccount
    verbose_name_plural = "linked providers"
    fields = ["provider", "uid", "date_joined", "last_login"]


class SessionInline(ReadOnlyInline):
    model = UserSession
    verbose_name_plural = "sessions"
    fields = ["kind", "created_at", "last_seen_at", "ip", "user_agent"]

    @admin.display(description="kind")
    def kind(self, session: UserSession) -> str:
        return session_kind(session)


INLINES = [AddressInline, FactorInline, ProviderInline, SessionInline]


@admin.register(UserSession)
class SessionAdmin(ReadOnlyAdmin):
    """Sessions of the API and of the admin."""

    list_display = ["user", "kind", "last_seen_at", "device"]
    list_filter = ["created_at", "last_seen_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__display_name", "user__email", "ip"]
    fields = ["user", "kind", "created_at", "last_seen_at", "ip", "user_agent"]
    secret_fields = frozenset({"session_key", "data"})
    actions = ["end"]

    @admin.display(description="kind")
    def kind(self, session: UserSession) -> str:
        return session_kind(session)

    @admin.display(ordering="user_agent")
    def device(self, session: UserSession) -> str:
        return f"{device_name(session.user_agent)}, {session.ip}"

    @admin.action(description="End: its tokens stop working immediately", permissions=["remove"])
    def end(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        chosen = list(queryset.select_related("user"))
        people = allowed_people(request, self, {session.user for session in chosen})
        ended = sessions.end_sessions(queryset.filter(user__in=people))
        self.message_user(request, f"{ended} ended.", messages.SUCCESS)
