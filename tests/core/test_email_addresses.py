"""Accepted e-mail addresses, and the one form in which each is stored."""

import pytest
from django.core.exceptions import ValidationError
from django.core.mail.message import sanitize_address
from pytest_django.fixtures import Settings

from core.email_addresses import canonical_email, email_forms, read_email_address

LOCAL_PART_64 = "a" * 64


def refused(text: str) -> str:
    with pytest.raises(ValidationError) as refusal:
        read_email_address(text)
    return str(refusal.value.code)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("Ada@Example.COM", "ada@example.com", id="case"),
        pytest.param(" ada@example.com ", "ada@example.com", id="blanks"),
        pytest.param("ada@bücher.example", "ada@xn--bcher-kva.example", id="umlaut"),
        pytest.param("ada@BU\u0308CHER.example", "ada@xn--bcher-kva.example", id="decomposed"),
        pytest.param("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example", id="A-label"),
        pytest.param("ada@straße.example", "ada@xn--strae-oqa.example", id="sharp s"),
        pytest.param("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah", id="ideographic dot"),
        pytest.param("ada@ſite.example", "ada@site.example", id="long s in the domain"),
        pytest.param("ada+tag@example.com", "ada+tag@example.com", id="tag"),
        pytest.param("ada@a--b.example", "ada@a--b.example", id="ASCII that is no IDNA"),
        pytest.param(f"{LOCAL_PART_64}@example.com", f"{LOCAL_PART_64}@example.com", id="64"),
    ],
)
def test_address_has_one_stored_form(typed: str, stored: str) -> None:
    assert read_email_address(typed) == stored
    assert read_email_address(stored) == stored
    assert canonical_email(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param("ſam@example.com", "invalid", id="long s"),
        pytest.param("\u212aim@example.com", "invalid", id="Kelvin sign"),
        pytest.param("\u0131da@example.com", "invalid", id="dotless i"),
        pytest.param("\u0130da@example.com", "invalid", id="dotted capital I"),
        pytest.param("\uff41da@example.com", "invalid", id="wide a"),
        pytest.param("zoë@example.com", "invalid", id="letter that is not ASCII"),
        pytest.param(f"{LOCAL_PART_64}a@example.com", "max_length", id="65"),
        pytest.param(f"{LOCAL_PART_64}@{'b' * 63}.{'c' * 63}.{'d' * 63}", "max_length", id="256"),
        pytest.param("ada@" + "ü.".join("x" * 30 for _ in range(8)), "max_length", id="A-labels"),
        pytest.param("ada@localhost", "invalid", id="localhost"),
        pytest.param("ada@mail.LOCALHOST", "invalid", id="below localhost"),
        pytest.param("ada@[127.0.0.1]", "invalid", id="address literal"),
        pytest.param("ada@💩.example", "invalid", id="emoji"),
        pytest.param("ada@a..é", "invalid", id="empty label"),
        pytest.param("ada@xn--a.example", "invalid", id="A-label of nothing"),
        pytest.param("ada@xn--zzzzzz.com", "invalid", id="A-label that is not one"),
        pytest.param("ada@example", "invalid", id="no dot"),
        pytest.param("ada@example.com.", "invalid", id="dot at the end"),
        pytest.param("ada", "invalid", id="no @"),
        pytest.param("@example.com", "invalid", id="nothing before the @"),
        pytest.param("ada@", "invalid", id="nothing after the @"),
    ],
)
def test_other_text_is_refused(typed: str, code: str) -> None:
    assert refused(typed) == code


def test_localhost_is_accepted_for_development(settings: Settings) -> None:
    settings.DEBUG = True
    assert read_email_address("ada@localhost") == "ada@localhost"


def test_longest_address_is_accepted() -> None:
    domain = f"{'b' * 63}.{'c' * 63}.{'d' * 61}"
    assert len(f"{LOCAL_PART_64}@{domain}") == 254
    read_email_address(f"{LOCAL_PART_64}@{domain}")


@pytest.mark.parametrize(
    "text",
    ["", "@", "ada", "ada@a..é", "ada@💩.example", pytest.param("é@" + "é" * 9_999, id="long")],
)
def test_lookup_accepts_any_text(text: str) -> None:
    assert canonical_email(text) == text.lower()
    assert email_forms(text)[0] == text.lower()


def test_lookup_finds_every_form() -> None:
    forms = ["ada@xn--bcher-kva.example", "ada@bücher.example"]
    assert email_forms("ada@xn--bcher-kva.example") == forms
    assert email_forms("Ada@Bücher.example") == forms


def test_stored_form_is_sent_unchanged() -> None:
    """Django converts the typed form to another domain, by IDNA 2003."""
    stored = read_email_address("ada@straße.example")
    assert sanitize_address(stored, "utf-8") == stored
    assert sanitize_address("ada@straße.example", "utf-8") == "ada@strasse.example"
