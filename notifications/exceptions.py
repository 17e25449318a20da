"""Refusals of notifications: each has a code, a status and a message for the client."""

from core.errors import NotThere, RuleBroken


class NotificationNotFound(NotThere):
    message = "There is no such notification of yours."


class DeviceNotFound(NotThere):
    message = "There is no such device of yours."


class DeviceOfAnotherAccount(RuleBroken):
    code = "device_of_another_account"
    message = (
        "Another account that is still signed in receives its push messages on this device. Sign "
        "that account out, or have Firebase issue a new token, then register the device again."
    )
    next_step = "sign_out_other_account"


class SignInOver(RuleBroken):
    """The session ended while the device was being registered."""

    status = 401
    code = "token_not_valid"
    message = "Your session has ended. Log in again."


class UnsubscribeTokenWrong(NotThere):
    message = "This link is not complete: use it as it stands in the mail."
