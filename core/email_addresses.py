"""E-mail addresses: the accepted ones, and the one form in which each is stored.

The stored form is in lower case, with the domain in ASCII (A-labels, IDNA 2008), such as
`ada@xn--bcher-kva.example`. It is what mail servers are told (RFC 5321), and Django's SMTP backend
sends it unchanged. It would encode other text by the older IDNA 2003, which turns "straße.example"
into "strasse.example", the domain of somebody else.
"""

from contextlib import suppress
from typing import Any

import idna
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

LONGEST_LOCAL_PART, LONGEST_ADDRESS = 64, 254  # RFC 5321, 4.5.3.1, and its erratum 1690

_TOO_LONG = ValidationError(
    f"This e-mail address is too long. Use at most {LONGEST_LOCAL_PART} characters before the @ "
    f"and {LONGEST_ADDRESS} in all.",
    code="max_length",
)


def read_email_address(text: str) -> str:
    """Return the address as it is stored. Raises ValidationError."""
    local, _, domain = text.strip().rpartition("@")
    if len(text) > LONGEST_ADDRESS:
        raise _TOO_LONG
    if not local.isascii():
        # "ſ".upper() is "S": such letters make an address look like that of somebody else.
        raise _invalid(
            "The part before the @ contains a letter that is not ASCII. Use an address of ASCII "
            "letters, digits and punctuation marks; other scripts may stand after the @."
        )
    address = f"{local.lower()}@{_in_ascii(domain) or ''}"
    if len(local) > LONGEST_LOCAL_PART or len(address) > LONGEST_ADDRESS:
        raise _TOO_LONG
    _, _, host = address.rpartition("@")
    if host.startswith("[") or (f".{host}".endswith(".localhost") and not settings.DEBUG):
        raise _invalid("No mail can be sent to this host. Use an address with a public domain.")
    validate_email(address)
    return address


def validate_email_address(text: str) -> None:
    """Raise ValidationError for an address that `read_email_address` refuses."""
    read_email_address(text)


def canonical_email(text: str) -> str:
    """Return the form in which an address is stored; for other text that text in lower case.

    For lookups and for addresses that are known already: it refuses nothing.
    """
    local, at, domain = text.strip().rpartition("@")
    return f"{local.lower()}{at}{_in_ascii(domain) or domain.lower()}"


def email_forms(text: str) -> list[str]:
    """Return the texts under which an account may hold this address, the stored form first.

    Rows of earlier versions may hold a domain in its own script.
    """
    canonical = canonical_email(text)
    local, _, domain = canonical.rpartition("@")
    texts = [canonical, text.strip().lower()]
    with suppress(UnicodeError):  # not every domain has another form
        texts.append(f"{local}@{idna.decode(domain)}")
    return list(dict.fromkeys(texts))


def _in_ascii(domain: str) -> str | None:
    """Return the domain as A-labels, mapped by UTS 46; None if IDNA 2008 does not allow it.

    Of ASCII domains only A-labels are judged: others, such as "a--b.example", need not be valid
    IDNA.
    """
    if len(domain) > LONGEST_ADDRESS:  # mapping takes the longer the more text there is
        return None
    try:
        if domain.isascii():
            for label in domain.lower().split("."):
                if label.startswith("xn--"):
                    idna.ulabel(label)
            return domain.lower()
        return idna.encode(domain, uts46=True, std3_rules=True).decode()
    except UnicodeError:  # the base of IDNAError
        return None


def _invalid(message: str) -> ValidationError:
    return ValidationError(message, code="invalid")


class _EmailFormField(forms.EmailField):
    """Leaves validation to the model field, which knows whether the address was changed."""

    default_validators = []


class EmailAddressField(models.EmailField):  # type: ignore[type-arg]
    """An address in its stored form. An unchanged address is not validated again."""

    default_validators = [validate_email_address]

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Return the stored form. Raises ValidationError."""
        if model_instance is not None and value and value == self._stored(model_instance):
            return value
        cleaned = super().clean(value, model_instance)
        return read_email_address(cleaned) if cleaned else cleaned

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """Write the stored form, however the attribute was set."""
        value = super().pre_save(model_instance, add)
        if value and value != self._stored(model_instance):
            value = canonical_email(value)
            setattr(model_instance, self.attname, value)
        return value

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": _EmailFormField, **kwargs})

    def _stored(self, instance: Any) -> Any:
        """Return the text that was read from the database, where the model remembers it."""
        return getattr(instance, "_read", {}).get(self.attname)
