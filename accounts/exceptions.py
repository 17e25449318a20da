"""Refusals of accounts: each has a code, a status and a message for the client."""

from core.errors import NotThere, RuleBroken


class AccountExists(RuleBroken):
    code = "account_exists"
    message = (
        "An account has this e-mail address already. Log in to it, then link the provider there."
    )
    next_step = "log_in_and_link"


class EmailMissing(RuleBroken):
    code = "email_required"
    message = (
        "The provider did not share an e-mail address that accounts can have. Register with one, "
        "then link the provider."
    )
    next_step = "register"


class SecondFactorUnreadable(RuleBroken):
    """ENCRYPTION_KEYS (or SECRET_KEY without them) were changed and the old one is not listed."""

    code = "second_factor_unreadable"
    message = "Your second factor cannot be checked here now; an admin has to look into it."
    next_step = "ask_an_admin"


class EmailNotVerified(RuleBroken):
    code = "email_not_verified"
    message = "Verify your e-mail address first; /api/email/verify/resend/ sends the mail again."
    next_step = "verify_email"


class AlreadyVerified(RuleBroken):
    code = "email_already_verified"
    message = "That is your address already, and it is verified."


class IncorrectCode(RuleBroken):
    status = 401
    code = "incorrect_code"
    message = "That is not the right code now, or it was used already."


class AccountErased(RuleBroken):
    code = "account_erased"
    message = "This account was erased, or is about to be: nobody brings it back."


class InvalidCredentials(RuleBroken):
    status = 401
    code = "invalid_credentials"
    message = "No active account has this name and password."


class LoginExpired(RuleBroken):
    """The session_token is wrong, used up, or older than 15 minutes."""

    status = 401
    code = "login_expired"
    message = "This login is over. Begin it again."
    next_step = "log_in"


class OrganizerSignupClosed(RuleBroken):
    status = 403
    code = "organizer_signup_closed"
    message = "You can't become an organizer by yourself. Ask an admin for the role."
    next_step = "ask_an_admin"


class PasskeyNotFound(NotThere):
    message = "There is no such passkey of yours."


class SmsNotConfigured(RuleBroken):
    code = "sms_not_configured"
    message = "This server doesn't send SMS, so phone numbers can't be confirmed here."


class PhoneMissing(RuleBroken):
    code = "phone_missing"
    message = "Your profile has no phone number. Add one first: PATCH /api/users/profile/."
    next_step = "set_phone"


class PhoneAlreadyVerified(RuleBroken):
    code = "phone_already_verified"
    message = "Your phone number is already confirmed."


class PhoneCountryNotSupported(RuleBroken):
    code = "phone_country_not_supported"
    message = "SMS are not sent to numbers of this country. Use a number of another country."
    next_step = "set_phone"


class ProviderNotThere(NotThere):
    message = "There is no such provider here."


class LinkNotFound(NotThere):
    message = "No account of this provider is linked to yours."


class LinkedElsewhere(RuleBroken):
    code = "linked_elsewhere"
    message = "This account of the provider is linked to somebody else here."


class LastWayIn(RuleBroken):
    code = "last_way_in"
    message = "That is your only way in. Set a password first: ask for a reset mail."
    next_step = "set_password"


class ReauthenticationRequired(RuleBroken):
    status = 403
    code = "reauthentication_required"
    message = (
        "Confirm your identity first: POST /api/reauthenticate/ (valid for five minutes). "
        "If you have a second factor, use it: your password is not enough."
    )
    next_step = "reauthenticate"


class AlreadyOn(RuleBroken):
    code = "second_factor_on"
    message = "The second factor is on already. Turn it off to set up another device."


class NotOn(RuleBroken):
    code = "second_factor_off"
    message = "Recovery codes come with a second factor. Turn one on first."
    next_step = "turn_on_second_factor"


class SessionOver(RuleBroken):
    status = 401
    code = "token_not_valid"
    message = "The token is wrong, expired or revoked. Log in again."


class SessionNotFound(NotThere):
    message = "There is no such session of yours."


class LastAdmin(RuleBroken):
    code = "last_admin"
    message = "This is the last active superuser. Make another person a superuser first."
    next_step = "name_another_admin"
