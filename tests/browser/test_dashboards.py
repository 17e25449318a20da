"""The admin's dashboards in a browser: numbers, hostile text, phones, a lost network."""

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
def current_event(olive: User, ada: User) -> Event:
    """Create an event in progress: three people going, one arrived, one on the waitlist."""
    event = EventFactory.create(created_by=olive, title=f"Jazz {HOSTILE}", max_attendees=3)
    join_event(event_id=event.pk, attendee=ada, guests=1)
    for person in (UserFactory.create(username=HOSTILE), UserFactory.create()):
        join_event(event_id=event.pk, attendee=person)
    begin(event)
    check_in(event_id=event.pk, scan=Scan(user_id=ada.pk, people=1), by=olive)
    return event


@pytest.fixture
def past_event(current_event: Event, ada: User) -> Event:
    """End that event and review it."""
    end(current_event)
    review(current_event, ada, 4, f"Good. {HOSTILE}")
    return current_event


def shared_cards(numbers: dict[str, Any]) -> dict[str, str]:
    """Return the cards of both the dashboard and an event's page, from the API's response."""
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
def test_dashboard_shows_the_numbers_of_the_api(
    enter: Enter, past_event: Event, request: pytest.FixtureRequest, who: str
) -> None:
    EventFactory.create()  # only Alma sees it
    user = request.getfixturevalue(who)
    numbers = Api(user).get("/analytics/overview/")
    admin = enter(user)
    assert admin.figures() == shared_cards(numbers) | {"events": str(numbers["events"])}
    assert numbers["events"] == {"alma": 2, "olive": 1}[who]
    stars_given = [str(numbers["ratings"]["stars"][star]) for star in "54321"]
    assert admin.texts("section:has(h2:text-is('Ratings')) .board-row > :last-child") == stars_given


def test_chart_shows_the_rsvps_of_the_api(
    enter: Enter, olive: User, as_olive: Api, current_event: Event
) -> None:
    days = as_olive.get("/analytics/overview/")["answers_per_day"]
    admin = enter(olive)
    drawn = admin.run("Chart.getChart(document.querySelector('canvas')).data.datasets")
    assert {line["label"].lower(): line["data"] for line in drawn} == {
        name: [day[name] for day in days]
        for name in ("going", "waitlisted", "interested", "cancelled")
    }


def test_event_page_shows_the_numbers_of_the_api(
    enter: Enter, olive: User, as_olive: Api, past_event: Event
) -> None:
    numbers = as_olive.get(f"/events/{past_event.pk}/analytics/")
    admin = enter(olive)
    admin.open(NUMBERS.format(past_event.pk))
    assert admin.figures() == shared_cards(numbers) | {"arrived": str(numbers["totals"]["arrived"])}
    drawn = admin.run("Chart.getChart(document.querySelectorAll('canvas')[1]).data.datasets")
    assert drawn[0]["data"] == [step["people"] for step in numbers["arrivals"]]


def test_arrival_appears_without_a_reload(
    enter: Enter, olive: User, ada: User, current_event: Event
) -> None:
    admin = enter(olive)
    admin.open(ATTENDANCE.format(current_event.pk))
    shown = ("arrived", "going", "missing", "seats", "free", "waiting", "percent")
    assert [admin.live(name) for name in shown] == ["1", "3", "2", "3", "0", "1", "33.3%"]
    check_in(event_id=current_event.pk, scan=Scan(user_id=ada.pk), by=olive)
    admin.wait_for("[data-live=arrived]:text-is('2')")
    assert [admin.live(name) for name in shown] == ["2", "3", "1", "3", "0", "1", "66.7%"]
    assert [row.split("\n")[:2] for row in admin.texts("#latest li")] == [["ada", "+1"]] * 2


def test_undone_arrival_disappears_without_a_reload(
    enter: Enter, olive: User, ada: User, current_event: Event
) -> None:
    admin = enter(olive)
    admin.open(ATTENDANCE.format(current_event.pk))
    assert len(admin.texts("#arrivals .board-track")) == 1
    undo_check_in(event_id=current_event.pk, scan=Scan(user_id=ada.pk), by=olive)
    admin.wait_for("[data-live=arrived]:text-is('0')")
    assert admin.texts("#arrivals li") == ["No arrivals yet."]


def test_lost_network_is_shown_until_it_returns(
    enter: Enter, olive: User, current_event: Event
) -> None:
    admin = enter(olive)
    admin.open(ATTENDANCE.format(current_event.pk))
    admin.set_offline(True)
    admin.wait_for("#alarm:has-text('The connection is lost.')")
    assert admin.live("arrived") == "1"
    admin.set_offline(False)
    admin.wait_for("#state[data-state=live]")
    assert admin.texts("#alarm") == [""]
    admin.problems.clear()


def test_hostile_text_is_text(enter: Enter, olive: User, past_event: Event) -> None:
    person = User.objects.get(username=HOSTILE)
    begin(past_event)
    check_in(event_id=past_event.pk, scan=Scan(user_id=person.pk), by=olive)
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
    # Also in the rows that the page fetches later.
    admin.run("document.getElementById('latest').replaceChildren()")
    admin.wait_for("#latest li:has-text('<img')")
    assert admin.run("document.querySelectorAll('img[src=x]').length") == 0


def test_hostile_review_is_text_in_the_admin(enter: Enter, alma: User, past_event: Event) -> None:
    admin = enter(alma)
    [row] = past_event.reviews.all()
    shown = {
        "reviews/review/": "#result_list",
        f"reviews/review/{row.pk}/change/": "#review_form",
        f"events/event/{past_event.pk}/change/": "#reviews-group",
    }
    for path, selector in shown.items():
        admin.open(path)
        assert f"Good. {HOSTILE}" in admin.texts(selector)[0], path
        assert admin.run("document.querySelectorAll('img[src=x]').length") == 0


def test_hostile_review_is_text_in_swagger(enter: Enter, alma: User, past_event: Event) -> None:
    admin = enter(alma)
    admin.open_path("/swagger/")
    operation = ".opblock-get:has([data-path='/events/{event_id}/reviews/'])"
    admin.wait_for(operation)
    admin.run(f"ui.preauthorizeApiKey('Bearer', 'Bearer {access_token(alma)}')")
    admin.click(f"{operation} .opblock-summary-control")
    admin.click(f"{operation} .try-out__btn")
    admin.fill(f"{operation} tr[data-param-name=event_id] input", str(past_event.pk))
    admin.click(f"{operation} .execute")
    admin.wait_for(f"{operation} .live-responses-table .microlight")
    assert HOSTILE in admin.texts(f"{operation} .live-responses-table .microlight")[0]
    assert admin.run("document.querySelectorAll('img[src=x]').length") == 0


def test_dashboards_fit_on_a_phone(enter: Enter, olive: User, past_event: Event) -> None:
    Event.objects.update(title="W" * 100)
    admin = enter(olive, PHONE)
    for path in ("", NUMBERS, ATTENDANCE):
        admin.open(path.format(past_event.pk))
        assert admin.run("document.documentElement.scrollWidth") == PHONE, path
