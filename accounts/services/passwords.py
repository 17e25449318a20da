"""Passwords: changing one's own, and a new one for who has lost it."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import url_str_to_user_pk
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import mails
from accounts.allauth.client import Caller, ask, session_of
from accounts.exceptions import SessionOver
from accounts.models import MailRequest, User
from accounts.passwords import normalize_password
from accounts.services.address_changes import WRONG_KEY
from accounts.services.emails import ask_for_mail
from accounts.services.guards import guarded_proof
from accounts.services.places import remember_place
from accounts.services.reauthentication import session_key_of
from accounts.services.sessions import end_other_sessions
from core.errors import BadValue


def change_password(*, user: User, session_id: int, current: str, new: str, caller: Caller) -> None:
    """Ends every other session; the one that asks goes on with its tokens.

    Raises BadValue, TooManyTries.
    """
    wrong = BadValue("current_password", "incorrect_password", "That is not your password.")
    with guarded_proof(user.pk, session_id):
        if not user.check_password(current):
            raise wrong
    check_password_rules(new, user=user, field="new_password")
    judged = user.password
    hashed = make_password(normalize_password(new))  # it takes its time: before any lock
    with transaction.atomic():
        person = User.objects.locked(user.pk)
        if person is None or person.password != judged:
            raise wrong  # somebody, with the key of a mail, was faster
        end_other_sessions(session_id=session_id, user_id=user.pk)
        session = session_of(session_key_of(session_id))
        # Not `set_password`: after it every session ends, this one too (accounts/validators.py).
        person.password = hashed
        person.save(update_fields=["password"])
        # allauth's own way gives the session a new key, and tokens that name the old one die.
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        if session.session_key is None:  # it is gone, and saving would make another one
            raise SessionOver
        session.save()
        mails.send_security(
            user_id=user.pk,
            what="password_changed",
            ip=caller.ip,
            user_agent=caller.user_agent,
        )


def ask_for_reset(*, email: str) -> None:
    """A mail with a link goes out if the address is somebody's; the answer never tells."""
    ask_for_mail(MailRequest.Purpose.RESET_PASSWORD, email)


@transaction.atomic
def reset_password(*, key: str, password: str, caller: Caller) -> None:
    """Ends every session (accounts/validators.py). Raises BadValue.

    The person is locked before the key is judged: of many uses at once one is
    the first, and makes the key worthless for the others.
    """
    user = _owner(key)
    check_password_rules(password, user=user, field="password")
    reply = ask("account:reset_password", {"key": key, "password": password}, caller=caller)
    if reply.status not in (200, 401):  # 401 is "done, and nobody is signed in by that"
        raise WRONG_KEY
    # So that an owner can log in at a new place although guesses have locked it.
    remember_place(user_id=user.pk, caller=caller)


def _owner(key: str) -> User:
    """Whose key it is, which still works. allauth lets inactive people have a new password."""
    uid, _, token = key.partition("-")
    try:
        user_id = url_str_to_user_pk(uid)
    except ValueError as error:
        raise WRONG_KEY from error
    locked = User.objects.select_for_update(no_key=True)
    user = locked.filter(pk=user_id, is_active=True).first()
    if user is None or not default_token_generator.check_token(user, token):
        raise WRONG_KEY
    return user


def check_password_rules(password: str, *, user: User, field: str) -> None:
    """Raises BadValue with the first rule that is broken."""
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        first = error.error_list[0]
        raise BadValue(field, str(first.code), first.messages[0]) from error
