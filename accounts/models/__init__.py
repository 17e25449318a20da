"""People, what they proved about themselves, and work that is pending for them.

Sessions, addresses, second factors and linked providers are allauth's models:
`UserSession`, `EmailAddress`, `Authenticator`, `SocialAccount`.
"""

from accounts.models.pending import MailRequest, StaleSnapshot
from accounts.models.people import People
from accounts.models.proofs import AddressChange, LoginPlace, PasskeyRecord, PhoneCode
from accounts.models.users import ModelAction, User

__all__ = [
    "AddressChange",
    "LoginPlace",
    "MailRequest",
    "ModelAction",
    "PasskeyRecord",
    "People",
    "PhoneCode",
    "StaleSnapshot",
    "User",
]
