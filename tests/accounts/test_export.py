"""GET /api/users/profile/export/: all data about a user, and no secrets."""

import json
from collections import Counter
from functools import partialmethod
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from accounts.export import Part
from accounts.models import User
from accounts.services.sessions import open_session
from rsvp.calendar.feeds import secret_of
from tests.accounts.whole_person import SAYS, personal_models, whole_person
from tests.client import Api, refusal
from tests.factories import PASSWORD, EventFactory

# Models that refer to a person and need no rows in the export, with the reason.
ELSEWHERE = {
    "accounts.user_interests": "in the person",
    "accounts.user_groups": "in the person",
    "accounts.user_user_permissions": "in the person",
    "accounts.passkeyrecord": "a digest and a counter of the passkey",
    "events.event_tags": "in the event",
    "events.series_tags": "in the series",
    "events.discountcode": "a code of an event, which its owner reads there",
    "events.discountcode_unlocks": "ticket types that a code unlocks",
    "events.tickettype": "what an event sells, which it shows",
    "events.typetally": "how many tickets of a type an event has",
    "events.rating": "how others liked an event, which the event shows",
    "events.tally": "the limit stands in the event; the counts are about others",
    "external_events.import": "data of the provider, which the event shows",
    "external_events.run": "counts of what a standing import found",
    "external_events.duplicate": "that two events may be one",
    "reviews.reviewrequest": "a count of requests for reviews",
    "rsvp.changewindow": "changes of an event that are not announced yet",
    "rsvp.formertimes": "when an event was before it was moved, which is about the event",
    "rsvp.announcement": "an announcement of a change, which the event shows",
}
# Keys of the export that differ from the present name of their model.
RENAMED = {"rsvp.rsvpchange": "rsvp.answer"}
# Models that refer to a person by address, without a relation.
BY_ADDRESS = {"accounts.mailrequest"}


def export(person: User) -> Any:
    """Return the export by a token of the user, without a login."""
    session = UserSession.objects.filter(user=person).first()
    assert session
    token = open_session(session_key=session.session_key).access
    return Api(HTTP_AUTHORIZATION=f"Bearer {token}").get("/users/profile/export/")


@pytest.mark.django_db
class TestContent:
    def test_every_model_about_people_is_in_it(self) -> None:
        document = export(whole_person())
        labels = {RENAMED.get(label, label) for label in personal_models()}
        assert set(document) == labels - ELSEWHERE.keys() | BY_ADDRESS
        assert [label for label, rows in document.items() if not rows] == []

    def test_every_exception_is_still_a_model(self) -> None:
        assert ELSEWHERE.keys() - personal_models().keys() == set()

    def test_export_has_all_data_of_the_user(self) -> None:
        person = whole_person()
        [row] = export(person)["accounts.user"]
        row = {field: row[field] for field in row if field in SAYS}
        assert row == {field: SAYS[field] for field in row}
        assert set(SAYS) - set(row) == {
            "new_email", "device", "uid", "user_agent", "secret", "comment", "reply",
        }  # fmt: skip

    def test_secrets_are_excluded(self) -> None:
        person = whole_person()
        document = json.dumps(export(person))
        session = UserSession.objects.filter(user=person).first()
        assert session
        secrets = [
            person.password,
            PASSWORD,
            session.session_key,
            session.data["refresh"],
            SAYS["secret"],
            SAYS["device"],
            secret_of(person),
        ]
        assert [secret for secret in secrets if secret in document] == []

    def test_events_hold_limit_and_tags_and_drafts_too(self) -> None:
        person = whole_person()
        events = export(person)["events.event"]
        assert Counter(event["status"] for event in events) == {"draft": 4, "published": 6}
        assert {len(event["tags"]) for event in events} == {1}
        assert {event["max_attendees"] for event in events} == {None}

    def test_series_hold_rule_and_tags_and_drafts_too(self) -> None:
        series = export(whole_person())["events.series"]
        assert [(entry["status"], entry["duration"], len(entry["tags"])) for entry in series] == [
            ("published", "P0DT02H00M00S", 1),
            ("draft", "P0DT02H00M00S", 1),
        ]

    def test_data_of_others_is_excluded(self) -> None:
        person = whole_person()
        document = json.dumps(export(person))
        others = User.objects.exclude(pk=person.pk)
        assert [o.username for o in others if o.email in document] == []
        assert [o.username for o in others if f'"{o.username}"' in document] == []


def test_instants_end_in_z(as_ada: Api, ada: User) -> None:
    [row] = as_ada.get("/users/profile/export/")["accounts.user"]
    assert row["date_joined"] == f"{ada.date_joined:%Y-%m-%dT%H:%M:%S.%f}Z"


def test_response_is_a_file(as_ada: Api) -> None:
    response = as_ada.client.get("/api/users/profile/export/")
    assert response.headers["Content-Disposition"] == 'attachment; filename="ada.json"'
    assert response.headers["Content-Type"] == "application/json"


def test_very_many_events_come_in_parts(
    as_olive: Api, olive: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export of 200,000 events took 28 s and 1.6 GB."""
    monkeypatch.setattr(Part, "__init__", partialmethod(Part.__init__, most=2))
    events = EventFactory.create_batch(5, created_by=olive)
    found, tables = [], []
    url = "/api/users/profile/export/"
    while url:
        response = as_olive.client.get(url)
        document = response.json()
        tables.append(len(document))
        found += [row["id"] for row in document["events.event"]]
        url = response.get("Link", "").partition(">")[0].lstrip("<")
    assert found == [event.pk for event in events]
    assert tables[0] > 10
    assert tables[1:] == [1, 1]


def test_part_begins_after_an_id(as_olive: Api) -> None:
    problem = as_olive.get("/users/profile/export/?after=there", expect=400)
    assert refusal(problem) == (("after", "invalid"),)


def test_other_users_do_not_get_it(as_nobody: Api) -> None:
    as_nobody.get("/users/profile/export/", expect=401)


def test_too_many_requests_are_refused(as_ada: Api) -> None:
    rates = {"user": "600/min", "export": "2/hour"}
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": rates}):
        for expected in (200, 200, 429):
            as_ada.get("/users/profile/export/", expect=expected)


@pytest.mark.parametrize("rows", [1, 3])
def test_costs_the_same_for_one_row_and_three(db: None, rows: int) -> None:
    person = whole_person(rows)
    export(person)  # from then on the user is cached
    session = UserSession.objects.filter(user=person).first()
    assert session
    token = open_session(session_key=session.session_key).access
    api = Api(HTTP_AUTHORIZATION=f"Bearer {token}")
    api.get("/users/profile/")
    with CaptureQueriesContext(connection) as captured:
        api.get("/users/profile/export/")
    assert len(captured) == 37, [query["sql"][:80] for query in captured]
