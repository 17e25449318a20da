"""Download a URL that strangers chose, from the public internet only (no SSRF)."""

import time
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from core.http_client import HEADERS, BoundedAdapter, HttpResponse, Unreachable, send

MAX_REDIRECTS = 3
# Other ranges of IPv6 are unused, or lead to IPv4 through a gateway (RFC 4291, 2.4).
_GLOBAL_UNICAST = ip_network("2000::/3")
# Looks public, but reaches the host's own services from Azure's virtual machines.
_AZURE_HOST = ip_address("168.63.129.16")


def fetch_public(url: str, *, max_bytes: int, deadline_s: float) -> bytes:
    """Return the body at the URL within `deadline_s` seconds, redirects included.

    Only http and https on their standard ports and public IP addresses, at each redirect: the URL
    must not reach services that only this server can reach. Loopback is allowed at any port while
    settings.PICTURES_FROM_LOOPBACK is on. Proxies of the environment are ignored, because they
    would resolve the host again and could get another address.
    Danger: the bytes are untrusted. Raises Unreachable and TooLarge.
    """
    until = time.monotonic() + deadline_s
    for _ in range(1 + MAX_REDIRECTS):
        adapter = _PublicAdapter(
            is_https_proto=url.lower().startswith("https:"),
            allow_loopback=settings.PICTURES_FROM_LOOPBACK,
        )
        request = requests.Request("GET", url, headers=HEADERS)
        try:
            response = send(adapter, request, until - time.monotonic(), max_bytes, {})
        finally:
            adapter.close()
        if response.status == 200:
            return response.body
        url = _redirect_target(url, response)
    raise Unreachable("too many redirects")


def _redirect_target(url: str, response: HttpResponse) -> str:
    target = response.headers.get("Location")
    if response.status not in (301, 302, 303, 307, 308) or not target:
        raise Unreachable(f"status {response.status}")
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise Unreachable("invalid redirect URL") from error


class _PublicAdapter(BoundedAdapter, IPFilterAdapter):
    """Resolves the host once, refuses private addresses and connects to the checked address."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(request.url)
        scheme, port = ("https", 443) if self._is_https_proto else ("http", 80)
        if parts.scheme != scheme:
            raise Unreachable("not an http or https URL")
        if "@" in parts.netloc:
            raise Unreachable("URL contains a username or password")
        if parts.port not in (None, port) and not self._allow_loopback:
            raise Unreachable("not a standard port")
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        address = ip_address(host["host"].strip("[]"))
        if not (_is_public(address) or (self._allow_loopback and address.is_loopback)):
            raise Unreachable("not a public IP address")
        return host, pool


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Stricter than the check of the library."""
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and address != _AZURE_HOST
