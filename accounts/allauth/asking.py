"""How providers are asked: for a bounded time, and for no more than they have to say."""

import time
from typing import Any

import requests
import urllib3

_CONNECT_S, _SILENCE_S = 3, 5
_WHOLE_S = 10
_MOST_BYTES = 1024 * 1024


class ProviderSession(requests.Session):
    """Raises RequestException for all that is no answer: it hangs, drips, floods or fails.

    Redirects are not followed: what a provider says stands at the address that we know.
    """

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        deadline = time.monotonic() + _WHOLE_S
        wanted = {"timeout": (_CONNECT_S, _SILENCE_S), "allow_redirects": False, "stream": True}
        response = super().request(method, url, **(kwargs | wanted))
        with response:
            if response.is_redirect:
                raise requests.TooManyRedirects(response=response)
            if response.status_code >= 500 or response.status_code == 429:
                raise requests.RequestException(response=response)
            response._content = _read(response, deadline)
        return response


def _read(response: requests.Response, deadline: float) -> bytes:
    content = b""
    try:
        while chunk := response.raw.read1(decode_content=True):
            content += chunk
            if len(content) > _MOST_BYTES or time.monotonic() > deadline:
                raise requests.RequestException(response=response)
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(response=response) from error
    return content
