"""The admin's dashboards in a real browser: numbers, hostile text, phones, a lost network."""

from typing import Any

import pytest

from accounts.models import User
from analytics.admin.figures import percent, stars
from events.models import Event
from rsvp.check_in import Scan, check_in, undo_check_in
from rsvp.services import join_event
from tests.browser.pages import Enter
from tests.client import Api, access_token
from tests.factories import EventFactory, UserFactory, begin, end
from tests.reviews.past import review

# One browser.
pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("browser")]

PHONE = 390
HOSTILE = "<img src=x onerror=document.title='in'>"
NUMBERS = "analytics/events/{}/"
ATTENDANCE = "analytics/events/{}/attendance/"


@pytest.fixture
def olive(olive: User) -> User:
    olive.is_staff = True
    olive.save()
    return olive


@pytest.fixture
def party(olive: User, ada: User) -> Event:
    """Return an event that is on: three people are going, one of them has arrived, one waits."""
    event = EventFactory.create(created_by=olive, title=f"Jazz {HOSTILE}", max_attendees=3)
    join_event(event_id=event.pk, attendee=ada, guests=1)
    for person in (UserFactory.create(username=HOSTILE), UserFactory.create()):
        join_event(event_id=event.pk, attendee=person)
    begin(event)
    check_in(event_id=event.pk, scan=Scan(user_id=ada.pk, people=1), by=olive)
    return event


@pytest.fixture
def reviewed(party: Event, ada: User) -> Event:
    """Return the same event, over and reviewed."""
    end(party)
    review(party, ada, 4, f"Good. {HOSTILE}")
    return party


def shared_cards(numbers: dict[str, Any]) -> dict[str, str]:
    """Return the cards of both the dashboard and the page of an event."""
    return {
        "going": str(numbers["totals"]["going"]),
        "fill": percent(numbers["fill_rate"]),
        "waiting": str(numbers["totals"]["waitlisted"]),
        "show_up": percent(numbers["show_up_rate"]),
        "rating": stars(numbers["ratings"]["average"]),
        "cancelled": percent(numbers["cancellation_rate"]),
        "returning": percent(numbers["returning"]["rate"]),
    }


@pytest.mark.parametrize("who", ["alma", "olive"])
def test_dashboard_matches_the_api(
    enter: Enter, reviewed: Event, request: pytest.FixtureRequest, who: str
) -> None:
    EventFactory.create()  # only Alma sees it
    user = request.getfixturevalue(who)
    numbers = Api(user).get("/analytics/overview/")
    admin = enter(user)
    assert admin.figures() == shared_cards(numbers) | {"events": str(numbers["events"])}
    assert numbers["events"] == {"alma": 2, "olive": 1}[who]
    star_counts = [str(numbers["ratings"]["stars"][star]) for star in "54321"]
    assert admin.texts("section:has(h2:text-is('Ratings')) .board-row > :last-child") == star_counts


def test_chart_matches_the_api(enter: Enter, olive: User, as_olive: Api, party: Event) -> None:
    days = as_olive.get("/analytics/overview/")["answers_per_day"]
    admin = enter(olive)
    drawn = admin.chart("RSVPs")
    assert {dataset["label"].lower(): dataset["data"] for dataset in drawn} == {
        name: [day[name] for day in days]
        for name in ("going", "waitlisted", "interested", "cancelled")
    }


def test_numbers_of_an_event_match_the_api(
    enter: Enter, olive: User, as_olive: Api, reviewed: Event
) -> None:
    numbers = as_olive.get(f"/events/{reviewed.pk}/analytics/")
    admin = enter(olive)
    admin.open(NUMBERS.format(reviewed.pk))
    assert admin.figures() == shared_cards(numbers) | {"arrived": str(numbers["totals"]["arrived"])}
    drawn = admin.chart("Arrivals")
    assert drawn[0]["data"] == [row["people"] for row in numbers["arrivals"]]


def test_arrivals_appear_without_a_reload(
    enter: Enter, olive: User, ada: User, party: Event
) -> None:
    admin = enter(olive)
    admin.open(ATTENDANCE.format(party.pk))
    shown = ("arrived", "going", "missing", "seats", "free", "waiting", "percent")
    assert [admin.live(name) for name in shown] == ["1", "3", "2", "3", "0", "1", "33.3%"]
    check_in(event_id=party.pk, scan=Scan(user_id=ada.pk), by=olive)
    admin.wait_for("[data-live=arrived]:text-is('2')")
    assert [admin.live(name) for name in shown] == ["2", "3", "1", "3", "0", "1", "66.7%"]
    assert [row.split("\n")[:2] for row in admin.texts("#latest li")] == [["ada", "+1"]] * 2


def test_undone_arrival_disappears_without_a_reload(
    enter: Enter, olive: User, ada: User, party: Event
) -> None:
    admin = enter(olive)
    admin.open(ATTENDANCE.format(party.pk))
    assert len(admin.texts("#arrivals .board-track")) == 1
    undo_check_in(event_id=party.pk, scan=Scan(user_id=ada.pk), by=olive)
    admin.wait_for("[data-live=arrived]:text-is('0')")
    assert admin.texts("#arrivals li") == ["No arrivals yet."]


def test_lost_network_is_reported_until_it_is_back(enter: Enter, olive: User, party: Event) -> None:
    admin = enter(olive)
    admin.open(ATTENDANCE.format(party.pk))
    admin.set_offline(True)
    admin.wait_for("#alarm:has-text('The connection is lost.')")
    assert admin.live("arrived") == "1"
    admin.set_offline(False)
    admin.wait_for("#state[data-state=live]")
    assert admin.texts("#alarm") == [""]
    admin.complaints.clear()


def test_hostile_text_is_escaped(enter: Enter, olive: User, reviewed: Event) -> None:
    person = User.objects.get(username=HOSTILE)
    begin(reviewed)
    check_in(event_id=reviewed.pk, scan=Scan(user_id=person.pk), by=olive)
    admin = enter(olive)
    shown = {
        "": "a",
        NUMBERS.format(reviewed.pk): ".board-comment",
        ATTENDANCE.format(reviewed.pk): "#latest li",
    }
    for path, selector in shown.items():
        admin.open(path)
        assert any(HOSTILE in text for text in admin.texts(selector)), path
        assert admin.run("document.querySelectorAll('img[src=x]').length") == 0
    # The same once the page has refreshed itself.
    admin.run("document.getElementById('latest').replaceChildren()")
    admin.wait_for("#latest li:has-text('<img')")
    assert admin.run("document.querySelectorAll('img[src=x]').length") == 0


def test_hostile_review_is_escaped_in_the_admin(enter: Enter, alma: User, reviewed: Event) -> None:
    admin = enter(alma)
    [row] = reviewed.reviews.all()
    shown = {
        "reviews/review/": "#result_list",
        f"reviews/review/{row.pk}/change/": "#review_form",
        f"events/event/{reviewed.pk}/change/": "#reviews-group",
    }
    for path, selector in shown.items():
        admin.open(path)
        assert f"Good. {HOSTILE}" in admin.texts(selector)[0], path
        assert admin.run("document.querySelectorAll('img[src=x]').length") == 0


def test_hostile_review_is_escaped_in_swagger(enter: Enter, alma: User, reviewed: Event) -> None:
    admin = enter(alma)
    admin.open_beside("/swagger/")
    operation = ".opblock-get:has([data-path='/events/{event_id}/reviews/'])"
    admin.click("#operations-tag-reviews")
    admin.wait_for(operation)
    admin.run(f"ui.preauthorizeApiKey('Bearer', 'Bearer {access_token(alma)}')")
    admin.click(f"{operation} .opblock-summary-control")
    admin.click(f"{operation} .try-out__btn")
    admin.fill(f"{operation} tr[data-param-name=event_id] input", str(reviewed.pk))
    admin.click(f"{operation} .execute")
    admin.wait_for(f"{operation} .live-responses-table .microlight")
    assert HOSTILE in admin.texts(f"{operation} .live-responses-table .microlight")[0]
    assert admin.run("document.querySelectorAll('img[src=x]').length") == 0


def test_pages_do_not_scroll_sideways_on_a_phone(
    enter: Enter, olive: User, reviewed: Event
) -> None:
    Event.objects.update(title="W" * 100)
    admin = enter(olive, PHONE)
    for path in ("", NUMBERS, ATTENDANCE):
        admin.open(path.format(reviewed.pk))
        assert admin.run("document.documentElement.scrollWidth") == PHONE, path
