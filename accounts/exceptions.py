"""Refusals of accounts, with a code, a status and a message for the client."""

from core.errors import NotThere, RuleBroken


class AccountExists(RuleBroken):
    code = "account_exists"
    message = (
        "An account with this e-mail address already exists. Log in to it, then link the provider."
    )
    next_step = "log_in_and_link"


class EmailMissing(RuleBroken):
    code = "email_required"
    message = (
        "The provider did not share an e-mail address that can be used here. Register with one, "
        "then link the provider."
    )
    next_step = "register"


class SecondFactorUnreadable(RuleBroken):
    """ENCRYPTION_KEYS (or SECRET_KEY) changed, and the old key is not listed any more."""

    code = "second_factor_unreadable"
    message = "Your second factor can't be checked at the moment. Ask an admin to look into it."
    next_step = "ask_an_admin"


class EmailNotVerified(RuleBroken):
    code = "email_not_verified"
    message = (
        "Your e-mail address is not verified. Open the link in our mail, or request it "
        "again: POST /api/email/verify/resend/."
    )
    next_step = "verify_email"


class AlreadyVerified(RuleBroken):
    code = "email_already_verified"
    message = "This is already your e-mail address, and it is verified."


class IncorrectCode(RuleBroken):
    status = 401
    code = "incorrect_code"
    message = "The code is incorrect, expired or already used. Enter the current one."


class AccountErased(RuleBroken):
    code = "account_erased"
    message = "This account has been erased and can't be reactivated."


class InvalidCredentials(RuleBroken):
    status = 401
    code = "invalid_credentials"
    message = "No active account has this username and password."


class LoginExpired(RuleBroken):
    """The session_token is wrong, used up, or older than 15 minutes."""

    status = 401
    code = "login_expired"
    message = "This login has expired. Log in again."
    next_step = "log_in"


class OrganizerSignupClosed(RuleBroken):
    status = 403
    code = "organizer_signup_closed"
    message = "You can't become an organizer by yourself. Ask an admin for the role."
    next_step = "ask_an_admin"


class PasskeyNotFound(NotThere):
    message = "You have no passkey with this id."


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
    message = "SMS are not sent to numbers of this country. Use a number from another country."
    next_step = "set_phone"


class ProviderNotThere(NotThere):
    message = "This provider is not available here."


class LinkNotFound(NotThere):
    message = "No account of this provider is linked to yours."


class LinkedElsewhere(RuleBroken):
    code = "linked_elsewhere"
    message = "This account of the provider is linked to another account here."


class LastSignInMethod(RuleBroken):
    code = "last_way_in"
    message = "This is your only sign-in method. Set a password first: POST /api/password/reset/."
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
    next_step = "turn_off_second_factor"


class NotOn(RuleBroken):
    code = "second_factor_off"
    message = "You need a second factor to get recovery codes. Turn one on first."
    next_step = "turn_on_second_factor"


class SessionOver(RuleBroken):
    status = 401
    code = "token_not_valid"
    message = "The token is wrong, expired or revoked. Log in again."


class SessionNotFound(NotThere):
    message = "You have no session with this id."


class LastAdmin(RuleBroken):
    code = "last_admin"
    message = "This is the last active superuser. Make another person a superuser first."
    next_step = "name_another_admin"
