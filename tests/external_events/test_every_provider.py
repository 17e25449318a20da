"""The contract of `Provider`, for each registered provider."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ProviderUnavailable
from core.http_client import SecretParams
from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.models import Subscription
from external_events.providers import PROVIDERS
from external_events.providers.base import Provider, Query
from tests.external_events.conftest import forget_transport
from tests.external_events.sanity import assert_sane
from tests.ids import short_id
from tests.standins.wire import Sent, Wire, reply

pytestmark = pytest.mark.embedded  # needs no server

KEY = "key-that-nobody-may-see"
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(params=list(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> Provider:
    return PROVIDERS[request.param]


@pytest.fixture
def wire(provider: Provider, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Wire]:
    """A server for the provider, which has a key."""
    monkeypatch.setattr(provider, "pace_s", None)
    monkeypatch.setattr(provider, "credentials", lambda: SecretParams({"key": KEY}))
    with Wire(reply({})) as server:
        setattr(settings, f"{provider.name.upper()}_BASE_URL", server.url)
        forget_transport(provider.name)
        yield server
    forget_transport(provider.name)


def test_provider_has_a_name_limits_and_a_choice(provider: Provider) -> None:
    assert provider.name.isidentifier()
    assert 0 < provider.page_size <= provider.reachable
    choices = dict(Subscription._meta.get_field("provider").flatchoices)
    assert choices[provider.name] == provider.title


def test_without_a_key_it_is_not_configured(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "credentials", lambda: SecretParams({"key": ""}))
    with pytest.raises(ProviderNotConfigured):
        provider.search(Query(), page=1, size=20)


@pytest.mark.parametrize("external_id", ["", "../x", "a b", "x" * 101], ids=short_id)
def test_invalid_id_sends_no_request(provider: Provider, wire: Wire, external_id: str) -> None:
    with pytest.raises(ExternalEventNotFound):
        provider.fetch_event(external_id)
    assert wire.calls == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 429, 500, 503])
@pytest.mark.parametrize("body", [{"error": KEY}, KEY.encode()], ids=["json", "text"])
def test_error_is_unavailable_without_the_key(
    provider: Provider, wire: Wire, status: int, body: Any, caplog: pytest.LogCaptureFixture
) -> None:
    wire.replies = [Sent(reply(body, status=status, Retry_After="20"))]
    with pytest.raises(ProviderUnavailable) as caught:
        provider.search(Query(text="jazz"), page=1, size=20)
    assert f"key={KEY}" in wire.calls[0].path
    assert KEY not in f"{caught.value!r} {caught.value.__context__!r} {caplog.text}"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON)
def test_random_json_never_raises(provider: Provider, value: Any) -> None:
    provider.parse_page(value)
    provider.error_codes(value)
    provider.is_not_found(value)
    if (record := provider.parse_event(value)) is not None:
        assert_sane(record)
