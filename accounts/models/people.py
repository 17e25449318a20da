"""The manager of accounts: lookups and creation."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import UserManager
from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.passwords import normalize_password
from core.email_addresses import canonical_email, email_forms

if TYPE_CHECKING:
    from accounts.models.users import User


class People(UserManager["User"]):
    use_in_migrations = False

    def locked(self, user_id: Any) -> "User | None":
        """The person, whom nobody changes until the transaction ends.

        The first lock of whoever writes on somebody's ways in.
        """
        return self.select_for_update(no_key=True).filter(pk=user_id).first()

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person of that name or e-mail address, whatever the case.

        Django's own login (API and admin) asks here. A name holds no @, so
        nobody can register a name that is somebody else's address.
        """
        login = (username or "").strip().lower()
        if "@" not in login:
            return self.get(Exact(Lower("username"), login))
        found = self.with_email(login).first()
        if found is None:
            raise self.model.DoesNotExist
        return found

    def with_email(self, email: str) -> models.QuerySet["User"]:
        """Return the account with this address, in whatever form it is written.

        There are two if a row of an earlier version holds another form of the address. The account
        with the stored form comes first.
        """
        in_lower_case = self.annotate(address=Lower("email"))
        found = in_lower_case.filter(address__in=email_forms(email))
        is_stored_form = models.When(address=canonical_email(email), then=0)
        return found.order_by(models.Case(is_stored_form, default=1))

    def create_user(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        normalized = _normalized(password)
        return self._with_address(super().create_user(username, email, normalized, **fields))

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        normalized = _normalized(password)
        return self._with_address(super().create_superuser(username, email, normalized, **fields))

    def _with_address(self, user: "User") -> "User":
        """allauth keeps by itself which address is verified."""
        user.emailaddress_set.create(email=user.email, primary=True)  # type: ignore[attr-defined]
        return user


def _normalized(password: str | None) -> str | None:
    return None if password is None else normalize_password(password)
