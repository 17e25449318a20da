"""The manager of users."""

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
        """Lock the user row. Take this lock first when credentials change."""
        return self.select_for_update(no_key=True).filter(pk=user_id).first()

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this username or e-mail address, in any case.

        Django's authentication calls this. A username holds no @, so none can be the address of
        another account.
        """
        login = (username or "").strip().lower()
        if "@" not in login:
            return self.get(Exact(Lower("username"), login))
        user = self.with_email(login).first()
        if user is None:
            raise self.model.DoesNotExist
        return user

    def with_email(self, email: str) -> models.QuerySet["User"]:
        """Return the account with this address, in any notation.

        There are two if a row of an earlier version has another notation of the address. The
        account with the stored notation comes first.
        """
        in_lower_case = self.annotate(address=Lower("email"))
        users = in_lower_case.filter(address__in=email_forms(email))
        is_stored_form = models.When(address=canonical_email(email), then=0)
        return users.order_by(models.Case(is_stored_form, default=1))

    def _create_user(
        self, username: str, email: str | None, password: str | None, **fields: Any
    ) -> "User":
        """Hash the normalized password, and create the row in which allauth verifies addresses."""
        normalized = None if password is None else normalize_password(password)
        user = super()._create_user(username, email, normalized, **fields)  # type: ignore[misc]
        user.emailaddress_set.create(email=user.email, primary=True)
        return user  # type: ignore[no-any-return]
