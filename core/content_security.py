"""The Content-Security-Policy of every response (docs/adr/0017).

Responses of the API are data: the default policy allows nothing. Each HTML page has a policy of
its own here. None allows inline scripts or eval.
"""

from typing import Any
from urllib.parse import urljoin, urlsplit

from csp.constants import HEADER, NONCE, NONE, SELF
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Policy = dict[str, list[Any]]

# Features that no page uses are off, so that no script can request them.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)


def page(**directives: list[Any]) -> Policy:
    """Return a policy for a page whose scripts, styles and forms are our own."""
    policy: Policy = {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
    return policy | {name.replace("_", "-"): sources for name, sources in directives.items()}


# ReDoc's bundle adds the style of its scrollbars before it gets the nonce: first the empty
# element, then its text. Another version of drf-yasg may need another hash; the browser's console
# shows it.
_REDOC_STYLES = [
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
]

PAGES = {
    "/admin/": page(),
    "/payments/test/": page(),
    "/swagger/": page(),
    # ReDoc's search runs in a worker made from its own bundle.
    "/redoc/": page(style_src=[SELF, NONCE, *_REDOC_STYLES], worker_src=["blob:"]),
}

# What `csp.decorators` set on a response.
_DECORATED = {"_csp_config", "_csp_exempt", "_csp_replace", "_csp_update"}


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Add the policy by path; a view may set another one with `csp.decorators`."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.data_policy = build_policy()

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if report_only:  # there is none: every policy is in force
            return parts
        if parts.config is None:
            parts.config = next(
                (each for path, each in PAGES.items() if request.path_info.startswith(path)), None
            )
        if request.path_info.startswith("/admin/"):
            parts.update = {"img-src": [pictures_origin()]}
        return parts

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        is_data = request.path_info.startswith("/api/") and not vars(response).keys() & _DECORATED
        if is_data and not settings.DEBUG:
            # django-csp would build the same policy twice for each response (70 µs).
            response.headers.setdefault(HEADER, self.data_policy)
            return response
        return super().process_response(request, response)


def pictures_origin() -> str:
    """Return the origin of uploaded pictures: this server's or an object store's."""
    url = urlsplit(urljoin(f"{settings.BASE_URL}/", default_storage.url("picture.webp")))
    return f"{url.scheme}://{url.netloc}"
