"""Authentication without a query, and its end for revoked users."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache, caches
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from redis.connection import Connection

from accounts import snapshots
from accounts.models import StaleSnapshot, User
from accounts.services import sessions
from accounts.services.lifecycle import deactivate, reactivate
from accounts.services.profile import update_profile
from accounts.tasks import retry_stale_snapshots
from core.ratelimit import Limit, Verdict, count
from tests.accounts.login import NEW_PASSWORD, bearer, is_accepted, sign_in
from tests.accounts.mailed import keys_mailed
from tests.client import Api, committed
from tests.conftest import dead_redis, empty_caches
from tests.factories import PASSWORD

pytestmark = pytest.mark.both


def without_redis(address: str) -> dict[str, Any]:
    """Use the product's cache with an address at which no server listens."""
    caches = dead_redis(address)
    caches["default"]["BACKEND"] = "core.cache.ForgivingRedisCache"
    return caches


Queries = Callable[[int], Any]


@pytest.fixture
def session(ada: User) -> int:
    """Return Ada's session, which has a snapshot in the cache."""
    assert is_accepted(sign_in()["access"])
    return int(UserSession.objects.get().pk)


def find(ada: User, session: int) -> User | None:
    """Look as the authentication does: first among the snapshots of the process."""
    return find_kept(ada.pk, session) or snapshots.find(user_id=ada.pk, session_id=session)


def find_kept(user_id: int, session: int, limits: Sequence[Limit] = ()) -> User | None:
    found = snapshots.find_and_count(
        user_id=user_id, session_id=session, limits_of=lambda user: limits
    )
    return found and found[0]


def test_snapshot_of_another_version_of_the_model_is_not_read(
    ada: User, session: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two versions run side by side during an upgrade, and their models differ by a field."""
    monkeypatch.setattr(snapshots, "_VERSION_OF_FIELDS", "older")
    fields: dict[str, Any] = dict(User.objects.values().get(pk=ada.pk))
    del fields["password"], fields["bio"]
    entry = {"version": cache.get(snapshots._version_key(ada.pk)), "fields": fields}
    cache.set(snapshots._snapshot_key(ada.pk, session), entry, 30)
    monkeypatch.undo()
    found = find(ada, session)
    assert found is not None
    assert (found.username, found.is_superuser) == ("ada", False)


class TestCost:
    def test_known_caller_costs_no_query(self, as_ada: Api, num_queries: Queries) -> None:
        as_ada.get("/users/profile/")
        with num_queries(1):  # the count of linked accounts is 0, so no page is read
            as_ada.get("/users/social/")

    def test_first_request_costs_one(self, as_ada: Api, num_queries: Queries) -> None:
        with num_queries(2):
            as_ada.get("/users/social/")

    def test_refused_token_costs_no_more_than_one(
        self, as_nobody: Api, ada: User, num_queries: Queries
    ) -> None:
        access = sign_in()["access"]
        bearer(access).post("/logout/", expect=204)
        with num_queries(1):
            assert not is_accepted(access)

    @pytest.fixture
    def num_queries(self, django_assert_num_queries: Queries) -> Queries:
        return django_assert_num_queries


def test_snapshot_has_all_of_a_person_but_the_password(ada: User, session: int) -> None:
    known = find(ada, session)
    assert known == ada
    assert known.get_deferred_fields() == {"password"}
    stored = cache.get(snapshots._snapshot_key(ada.pk, session))
    names = {field.attname for field in User._meta.concrete_fields}
    assert set(stored["fields"]) == names - {"password"}
    assert ada.password not in str(stored)


def test_password_is_loaded_on_access(ada: User, session: int) -> None:
    known = find(ada, session)
    assert known is not None and known.check_password(PASSWORD)


def test_snapshot_lives_thirty_seconds(
    ada: User, session: int, time_machine: Any, settings: Settings
) -> None:
    """Changes that bypass the code are seen after that."""
    # Redis has a clock of its own, which no test moves.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert find(ada, session) == ada
    now = timezone.now()
    User.objects.filter(pk=ada.pk).update(bio="changed by hand")
    for seconds, bio in ((28, ""), (31, "changed by hand")):
        time_machine.move_to(now + timedelta(seconds=seconds))
        known = find(ada, session)
        assert known is not None and known.bio == bio


def test_session_of_another_user_finds_no_user(ada: User, sam: User, session: int) -> None:
    assert find(sam, session) is None


def test_missing_session_is_not_cached(ada: User) -> None:
    assert find(ada, 4711) is None
    assert cache.get(f"account:{ada.pk}:session:4711") is None


# -- What changes is seen at once --------------------------------------------------


def end_it(ada: User, session: int) -> None:
    with committed():
        sessions.end_session(session_id=session, user_id=ada.pk)


def end_others(ada: User, session: int) -> None:
    with committed():
        sessions.end_all_sessions(user=ada, keep_session=0)


def reset(ada: User, session: int) -> None:
    Api().post("/password/reset/", {"email": ada.email}, expect=202)
    body = {"key": keys_mailed("reset-password")[-1], "password": NEW_PASSWORD}
    Api().post("/password/reset/confirm/", body, expect=204)


def deactivate_it(ada: User, session: int) -> None:
    with committed():
        deactivate(user=ada)


def delete_person(ada: User, session: int) -> None:
    with committed():
        ada.delete()


def delete_people(ada: User, session: int) -> None:
    with committed():
        User.objects.filter(pk=ada.pk).delete()


def delete_sessions(ada: User, session: int) -> None:
    with committed():
        UserSession.objects.filter(user=ada).delete()


@pytest.mark.parametrize(
    "change",
    [end_it, end_others, reset, deactivate_it, delete_person, delete_people, delete_sessions],
    ids=lambda change: change.__name__,
)
def test_revoked_user_is_not_found(
    ada: User, session: int, change: Callable[[User, int], None]
) -> None:
    user_id = ada.pk  # a deleted person has none
    assert find(ada, session) == ada
    change(ada, session)
    assert find_kept(user_id, session) is None
    assert snapshots.find(user_id=user_id, session_id=session) is None


def test_profile_change_is_seen_at_once(ada: User, session: int) -> None:
    with committed():
        update_profile(user=ada, changes={"bio": "Climbs."})
    known = find(ada, session)
    assert known is not None and known.bio == "Climbs."


def test_reactivated_person_is_seen_at_once(ada: User, session: int) -> None:
    with committed():
        deactivate(user=ada)
    with committed():
        reactivate(user=ada)
    assert is_accepted(sign_in()["access"])


def test_rolled_back_change_forgets_nothing(ada: User, session: int) -> None:
    version = cache.get(f"account:{ada.pk}:version")
    with committed(), transaction.atomic():
        update_profile(user=ada, changes={"bio": "Climbs."})
        transaction.set_rollback(True)
    assert cache.get(f"account:{ada.pk}:version") == version


class TestProcess:
    """A process keeps snapshots, which are as current as those in the cache."""

    LIMIT = Limit("user", "rate:user:1", 9, 60)

    def test_kept_snapshot_counts_the_limits(self, ada: User, session: int) -> None:
        assert find_kept(ada.pk, session, [self.LIMIT]) == ada
        assert count([self.LIMIT]).standings[0].used == 2

    def test_change_in_another_process_is_seen_and_counts_nothing(
        self, ada: User, session: int
    ) -> None:
        User.objects.filter(pk=ada.pk).update(bio="changed there")
        assert snapshots._renew(ada.pk)
        assert find_kept(ada.pk, session, [self.LIMIT]) is None
        assert count([self.LIMIT]).standings[0].used == 1
        known = find(ada, session)
        assert known is not None and known.bio == "changed there"

    def test_control_without_the_version_the_change_is_not_seen(
        self, ada: User, session: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def count_anyway(limits: Sequence[Limit], **_: Any) -> Verdict:
            return count(limits)

        monkeypatch.setattr(snapshots, "count_if", count_anyway)
        end_it(ada, session)
        assert find_kept(ada.pk, session) == ada

    def test_cache_that_lost_everything_invalidates_it(self, ada: User, session: int) -> None:
        empty_caches()
        assert find_kept(ada.pk, session) is None

    def test_no_snapshot_is_used_without_the_cache(
        self, ada: User, session: int, settings: Settings, nowhere: str
    ) -> None:
        settings.CACHES = without_redis(nowhere)
        User.objects.filter(pk=ada.pk).update(bio="changed there")
        assert find_kept(ada.pk, session, [self.LIMIT]) is None
        known = find(ada, session)
        assert known is not None and known.bio == "changed there"

    def test_users_of_two_requests_are_different_objects(self, ada: User, session: int) -> None:
        first, second = find(ada, session), find(ada, session)
        assert first is not None and second is not None
        first.bio = "not saved"
        assert second.bio == ""

    def test_number_of_snapshots_is_bounded(self) -> None:
        assert snapshots._kept.maxsize == 4096

    @pytest.mark.real
    def test_known_caller_costs_one_round_trip(
        self, as_ada: Api, rates: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rates |= {"user": "600/min", "rsvp": "60/min"}
        as_ada.get("/users/profile/")
        commands = []
        send = Connection.send_command

        def spy(self: Connection, *args: Any, **kwargs: Any) -> None:
            commands.append(args[0])
            send(self, *args, **kwargs)  # type: ignore[no-untyped-call]

        monkeypatch.setattr(Connection, "send_command", spy)
        as_ada.post("/events/1/rsvp/", {"status": "going"}, expect=404)
        assert commands == ["EVALSHA"]


# -- A reader that is slower than the change ----------------------------------------


Change = Callable[[Callable[[], None]], None]


@pytest.fixture
def change_while_somebody_reads(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Run a change between a reader's query and its write to the cache."""

    def during(change: Callable[[], None]) -> None:
        backend = type(caches["default"])
        write = backend.set
        changes = [change]

        def change_then_write(self: Any, *args: Any, **kwargs: Any) -> None:
            if changes:
                changes.pop()()
            write(self, *args, **kwargs)

        monkeypatch.setattr(backend, "set", change_then_write)

    return during


@pytest.fixture
def fresh(ada: User) -> int:
    """Return a session without a snapshot."""
    sign_in()
    return int(UserSession.objects.get().pk)


@pytest.mark.parametrize("is_known", [True, False], ids=["version there", "first ever"])
def test_slow_reader_does_not_restore_an_ended_session(
    ada: User,
    fresh: int,
    is_known: bool,
    change_while_somebody_reads: Change,
) -> None:
    if is_known:
        with committed():
            snapshots.forget(ada.pk)
    change_while_somebody_reads(lambda: end_it(ada, fresh))
    assert find(ada, fresh) == ada  # it read before
    assert cache.get(snapshots._snapshot_key(ada.pk, fresh)) is not None  # and wrote after
    assert find(ada, fresh) is None


def test_control_session_is_restored_without_the_version(
    ada: User,
    fresh: int,
    monkeypatch: pytest.MonkeyPatch,
    change_while_somebody_reads: Change,
) -> None:
    """Control: a cache that a change merely empties."""

    def empty(user_id: int) -> bool:
        return bool(cache.delete(snapshots._snapshot_key(user_id, fresh))) or True

    monkeypatch.setattr(snapshots, "_renew", empty)
    change_while_somebody_reads(lambda: end_it(ada, fresh))
    assert find(ada, fresh) == ada
    assert find(ada, fresh) == ada  # for as long as the snapshot lives


# -- Without the cache ----------------------------------------------------------------


@pytest.fixture
def away(settings: Settings, nowhere: str) -> None:
    settings.CACHES = without_redis(nowhere)


@pytest.mark.usefixtures("away")
def test_requests_continue_without_the_cache(ada: User) -> None:
    tokens = sign_in()
    assert is_accepted(tokens["access"])
    bearer(tokens["access"]).post("/logout/", expect=204)
    assert not is_accepted(tokens["access"])


@pytest.mark.usefixtures("away")
def test_change_during_an_outage_of_the_cache_is_remembered(ada: User) -> None:
    StaleSnapshot.objects.all().delete()
    with committed():
        update_profile(user=ada, changes={"bio": "Climbs."})
    assert list(StaleSnapshot.objects.values_list("user_id", flat=True)) == [ada.pk]
    retry_stale_snapshots()
    assert StaleSnapshot.objects.count() == 1


def test_restored_cache_gets_the_missed_changes(
    ada: User, session: int, settings: Settings, nowhere: str
) -> None:
    before = settings.CACHES
    settings.CACHES = without_redis(nowhere)
    User.objects.filter(pk=ada.pk).update(bio="unseen")
    end_it(ada, session)
    assert find(ada, session) is None
    settings.CACHES = before
    assert find(ada, session) == ada  # the bound: thirty seconds, or the next try
    retry_stale_snapshots()
    assert find(ada, session) is None
    assert not StaleSnapshot.objects.exists()


def test_change_that_comes_during_the_retry_is_not_lost(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    StaleSnapshot.objects.create(user_id=ada.pk)
    renew = snapshots._renew

    def renew_while_it_changes_again(user_id: int) -> bool:
        StaleSnapshot.objects.update(since=timezone.now() + timedelta(seconds=1))
        return renew(user_id)

    monkeypatch.setattr(snapshots, "_renew", renew_while_it_changes_again)
    assert snapshots.retry() == 1
