"""Wrong passwords from elsewhere do not lock the owner out.

Before, 200 of them in 15 minutes, 20 each from ten addresses, locked the account everywhere, and
this could be repeated without end.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.allauth.client import Caller
from accounts.exceptions import InvalidCredentials
from accounts.models import LoginPlace, User
from accounts.services.login import log_in
from accounts.services.login_places import remember_place
from accounts.tasks import forget_dead_sessions
from core.errors import TooManyTries
from tests.accounts.login import NEW_PASSWORD, bearer
from tests.accounts.mailed import keys_mailed
from tests.client import Api, refusal
from tests.factories import PASSWORD

pytestmark = pytest.mark.slow

HOME, CAFE = "192.0.2.1", "192.0.2.2"
FIREFOX, CHROME = "Firefox on Linux", "Chrome on Android"


@pytest.fixture(autouse=True)
def _limits_are_on(settings: Any) -> None:
    settings.RATE_LIMITS = True


def login(
    password: str = PASSWORD,
    *,
    name: str = "ada",
    ip: str = HOME,
    user_agent: str = FIREFOX,
    expect: int = 200,
) -> Any:
    body = {"username": name, "password": password}
    return Api(REMOTE_ADDR=ip, HTTP_USER_AGENT=user_agent).post("/login/", body, expect=expect)


def guess(times: int, *, name: str = "ada", ip: str, user_agent: str = CHROME) -> list[int]:
    """Return the status for each wrong password."""
    caller = Caller(ip=ip, user_agent=user_agent)
    statuses = []
    for number in range(times):
        try:
            log_in(login=name, password=f"wrong {number}", caller=caller)
        except InvalidCredentials:
            statuses.append(401)
        except TooManyTries:
            statuses.append(429)
    return statuses


def attack(name: str = "ada") -> None:
    """Send guesses from ten addresses, until no new place has any attempt left."""
    for number in range(10):
        assert guess(20, name=name, ip=f"198.51.100.{number}") == [401] * 20
    assert guess(1, name=name, ip="198.51.100.99") == [429]


class TestKnownPlaces:
    def test_address_from_which_the_owner_signed_in_keeps_working(self, ada: User) -> None:
        login()
        attack()
        login()
        login(user_agent=CHROME)

    def test_address_keeps_working_after_all_sessions_ended(self, ada: User) -> None:
        api = bearer(login()["access"])
        api.post("/logout/", expect=204)
        attack()
        login()

    def test_address_of_a_live_session_keeps_working(self, ada: User) -> None:
        """A phone has moved there and refreshed its tokens."""
        tokens = login()
        there = Api(REMOTE_ADDR=CAFE, HTTP_USER_AGENT=FIREFOX)
        there.post("/token/refresh/", {"refresh": tokens["refresh"]}, expect=200)
        attack()
        login(ip=CAFE)

    def test_browser_of_the_owner_keeps_working_beside_an_attacker_at_its_address(
        self, ada: User
    ) -> None:
        login()
        assert guess(21, ip=HOME) == [401] * 20 + [429]
        login(user_agent=CHROME, expect=429)
        login()

    def test_whole_network_of_an_ipv6_client_is_one_place(self, ada: User) -> None:
        """Each address of the network had 20 attempts of its own."""
        login(ip="2001:db8:0:1::1")
        attack()
        login(ip="2001:db8:0:1::2", user_agent=CHROME)
        assert guess(10, ip="2001:db8:0:1::3") + guess(11, ip="2001:db8:0:1::4") == (
            [401] * 20 + [429]
        )

    def test_known_place_has_twenty_tries(self, ada: User) -> None:
        login()
        assert guess(21, ip=HOME, user_agent=FIREFOX) == [401] * 20 + [429]
        login(expect=429)

    def test_guesses_at_all_known_places_end_at_two_hundred(self, ada: User) -> None:
        places = [Caller(ip=f"203.0.113.{number}", user_agent=CHROME) for number in range(11)]
        for place in places:
            remember_place(user_id=ada.pk, caller=place)
        statuses = [guess(20, ip=place.ip) for place in places]
        assert statuses == [[401] * 20] * 10 + [[429] * 20]

    def test_place_is_known_for_ninety_days(self, ada: User, time_machine: Any) -> None:
        bearer(login()["access"]).post("/logout/", expect=204)
        time_machine.move_to(timezone.now() + timedelta(days=91))
        forget_dead_sessions()
        assert not LoginPlace.objects.exists()
        attack()
        login(expect=429)

    def test_place_of_a_password_reset_is_known(self, ada: User) -> None:
        """An owner at a new place can log in this way during an attack."""
        attack()
        login(ip=CAFE, expect=429)
        here = Api(REMOTE_ADDR=CAFE, HTTP_USER_AGENT=FIREFOX)
        here.post("/password/reset/", {"email": "ada@example.com"}, expect=202)
        body = {"key": keys_mailed("reset-password")[-1], "password": NEW_PASSWORD}
        here.post("/password/reset/confirm/", body, expect=204)
        login(NEW_PASSWORD, ip=CAFE)

    def test_admin_at_a_known_place_can_log_in(self, alma: User) -> None:
        body = {"username": "alma", "password": PASSWORD}
        here = Client(REMOTE_ADDR=HOME, HTTP_USER_AGENT=FIREFOX)
        assert here.post("/admin/login/", body).status_code == 302
        attack("alma")
        elsewhere = Client(REMOTE_ADDR=CAFE, HTTP_USER_AGENT=FIREFOX)
        assert elsewhere.post("/admin/login/", body).status_code == 200
        assert here.post("/admin/login/", body).status_code == 302


class TestStrangers:
    def test_new_place_is_refused_during_an_attack(self, ada: User) -> None:
        login()
        attack()
        assert refusal(login(ip=CAFE, expect=429)) == ("throttled",)

    def test_failed_login_makes_no_place_known(self, ada: User) -> None:
        guess(1, ip=CAFE)
        assert not LoginPlace.objects.exists()

    def test_place_of_another_user_is_new(self, ada: User, sam: User) -> None:
        login(name="sam", ip=CAFE)
        attack()
        login(ip=CAFE, expect=429)

    def test_accounts_and_unknown_names_are_counted_alike(self, ada: User) -> None:
        login()
        for name in ("ada", "nobody"):
            statuses = [guess(21, name=name, ip=f"198.51.100.{number}") for number in range(9)]
            statuses += [guess(21, name=name, ip="198.51.100.100")]
            statuses += [guess(2, name=name, ip="198.51.100.101")]
            assert statuses == [[401] * 20 + [429]] * 10 + [[429] * 2]

    def test_places_are_stored_as_keyed_digests(self, ada: User) -> None:
        login()
        [place] = LoginPlace.objects.values()
        assert HOME not in str(place) and "Firefox" not in str(place)


def test_stolen_token_does_not_lock_the_owners_reauthentication(ada: User) -> None:
    """20 wrong passwords with a stolen token kept the owner from changing the password."""
    stolen, mine = (bearer(login()["access"]) for _ in range(2))
    for _ in range(20):
        stolen.post("/reauthenticate/", {"password": "wrong"}, expect=400)
    stolen.post("/reauthenticate/", {"password": PASSWORD}, expect=429)
    mine.post("/reauthenticate/", {"password": PASSWORD}, expect=204)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    mine.post("/password/change/", body, expect=204)
