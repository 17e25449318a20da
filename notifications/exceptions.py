"""Refusals about notifications and devices."""

from core.errors import NotThere, RuleBroken


class NotificationNotFound(NotThere):
    message = "You have no notification with this ID."


class DeviceNotFound(NotThere):
    message = "You have no device with this ID."


class DeviceOfAnotherAccount(RuleBroken):
    code = "device_of_another_account"
    message = (
        "Another account is still signed in on this device and gets its push messages. Sign that "
        "account out, or get a new token from Firebase, then register the device again."
    )
    next_step = "sign_out_other_account"


class SignInOver(RuleBroken):
    """The session ended while the device was being registered."""

    status = 401
    code = "token_not_valid"
    message = "Your session has ended. Log in again."


class UnsubscribeTokenWrong(NotThere):
    message = "This link is not complete. Copy the whole link from the mail."
