"""`manage.py import_events`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from events.models import Event
from external_events.models import Run, Subscription
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    ticketmaster.events = [tm_event(f"G{index}", f"Jazz {index}") for index in range(3)]
    return ticketmaster


def output_of(*options: str) -> str:
    out = StringIO()
    call_command("import_events", "--query=jazz", *options, verbosity=0, stdout=out)
    return out.getvalue()


def test_command_imports_the_results(jazz: TicketmasterStandIn) -> None:
    assert output_of("--location=London") == (
        "3 events processed: 3 new, 0 updated, 0 unchanged, 0 cancelled, 0 skipped, 0 failed, "
        "0 possible duplicates.\n"
    )
    assert Event.objects.count() == 3


def test_limit_is_kept(jazz: TicketmasterStandIn) -> None:
    assert output_of("--limit=2").startswith("2 events processed: 2 new")


def test_dry_run_writes_nothing(jazz: TicketmasterStandIn) -> None:
    assert output_of("--dry-run").startswith("Dry run: 3 events processed: 3 new")
    assert not Event.objects.exists()


def test_events_have_the_given_organizer(jazz: TicketmasterStandIn, olive: User) -> None:
    output_of("--organizer=olive")
    assert {event.created_by for event in Event.objects.all()} == {olive}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--organizer=nobody"], "There is no user named nobody."),
        (["--organizer=ada"], "ada is not an active organizer."),
        (["--query="], "Enter search words, a location, or both."),
        (["--days-ahead=0"], "Enter a number of days from 1 to 730."),
        (["--limit=0"], "argument --limit: Enter a whole number from 1 up."),
        (["--limit=all"], "argument --limit: Enter a whole number from 1 up."),
    ],
)
def test_invalid_option_is_refused(
    jazz: TicketmasterStandIn, ada: User, options: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        output_of(*options)
    assert not Run.objects.exists()


def test_repeated_search_has_one_standing_import(jazz: TicketmasterStandIn) -> None:
    output_of("--limit=2")
    assert output_of("--limit=2").startswith("2 events processed: 0 new, 0 updated, 2 unchanged")
    assert Subscription.objects.count() == 1


def test_provider_without_a_key_is_an_error() -> None:
    with pytest.raises(CommandError, match="no API key"):
        output_of()
