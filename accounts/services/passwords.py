"""Change a password, or reset a lost one."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import url_str_to_user_pk
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import mails
from accounts.allauth.client import Caller, call, session_of
from accounts.exceptions import SessionOver
from accounts.models import User
from accounts.passwords import normalize_password
from accounts.services.address_changes import WRONG_KEY
from accounts.services.attempts import confirmation_attempt
from accounts.services.login_places import remember_place
from accounts.services.reauthentication import session_key_of
from accounts.services.sessions import end_all_sessions
from core.errors import BadValue


def change_password(*, user: User, session_id: int, current: str, new: str, caller: Caller) -> None:
    """Change a password and end all other sessions; this one keeps its tokens.

    Raises BadValue, TooManyTries, SessionOver.
    """
    message = "The current password is incorrect. Try again."
    wrong = BadValue("current_password", "incorrect_password", message)
    with confirmation_attempt(user.pk, session_id):
        if not user.check_password(current):
            raise wrong
    _check_rules(new, user=user, field="new_password")
    checked = user.password
    hashed = make_password(normalize_password(new))  # slow, so before any lock
    with transaction.atomic():
        person = User.objects.locked(user.pk)
        if person is None or person.password != checked:
            raise wrong  # a simultaneous reset was faster
        end_all_sessions(user=user, keep_session=session_id)
        session = session_of(session_key_of(session_id))
        # Not `set_password`: after it every session ends, this one too (accounts/validators.py).
        person.password = hashed
        person.save(update_fields=["password"])
        # allauth's own view gives the session a new key, which would end this session's tokens.
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        if session.session_key is None:  # it has ended, and saving would create another one
            raise SessionOver
        session.save()
        mails.send_security(user_id=user.pk, what="password_changed", **vars(caller))


@transaction.atomic
def reset_password(*, key: str, password: str, caller: Caller) -> None:
    """Set a new password with the key of a mail. All sessions end (accounts/validators.py).

    The user is locked before the key is checked: of simultaneous uses, the first one makes the key
    invalid for the others. Raises BadValue.
    """
    user = _lock_owner(key)
    _check_rules(password, user=user, field="password")
    reply = call("account:reset_password", {"key": key, "password": password}, caller=caller)
    if reply.status not in (200, 401):  # 401: done, but this does not log in
        raise WRONG_KEY
    # So that an owner at a new place can log in although guesses have used up the attempts there.
    remember_place(user_id=user.pk, caller=caller)


def _lock_owner(key: str) -> User:
    """Return the user of a valid key. allauth would also accept keys of inactive accounts."""
    uid, _, token = key.partition("-")
    try:
        user_id = url_str_to_user_pk(uid)
    except ValueError as error:
        raise WRONG_KEY from error
    user = User.objects.locked(user_id)
    if user is None or not user.is_active or not default_token_generator.check_token(user, token):
        raise WRONG_KEY
    return user


def _check_rules(password: str, *, user: User, field: str) -> None:
    """Raises BadValue with the first rule that the password breaks."""
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        first = error.error_list[0]
        raise BadValue(field, str(first.code), first.messages[0]) from error
