"""Users, their addresses, phone numbers and passkeys, and pending work.

Sessions, addresses, second factors and linked providers are allauth's models:
`UserSession`, `EmailAddress`, `Authenticator`, `SocialAccount`.
"""

from accounts.models.credentials import AddressChange, LoginPlace, PasskeyRecord, PhoneCode
from accounts.models.pending import MailRequest, StaleSnapshot
from accounts.models.people import People
from accounts.models.users import ModelAction, User
