"""Names of devices."""

import pytest

from accounts.devices import device_name


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
            "Mobile Safari on iOS",
        ),
        ("curl/7.88.1", "curl"),
        ("", ""),
        ("Booking/3 <script>\r\nX: y", "Booking/3 <script>\r\nX: y"),
        ("x" * 5000, "x" * 100),
    ],
)
def test_device_has_a_readable_name(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
