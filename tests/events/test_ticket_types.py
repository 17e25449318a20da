"""/api/events/<id>/ticket-types/: ticket types of events, and permissions to change them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.errors import BadValue
from events import ticketing
from events.exceptions import PaymentsNotConfigured, TicketTypeSold
from events.models import DiscountCode, Event, Tally, TicketType, TypeTally
from events.services import ticket_types as services
from events.services.events import cancel_event, delete_event
from events.services.ticket_types import add_ticket_type, change_ticket_type, delete_ticket_type
from events.signals import quantity_changed
from rsvp.models import Rsvp, RsvpTicket
from rsvp.services import join_event, mark_interested
from tests.client import Api, refusal
from tests.factories import EventFactory, UserFactory, end

pytestmark = pytest.mark.both


def path_of(event: Event, ticket_type: TicketType | None = None) -> str:
    path = f"/events/{event.pk}/ticket-types/"
    return f"{path}{ticket_type.pk}/" if ticket_type else path


def add(event: Event, **details: Any) -> TicketType:
    return add_ticket_type(event_id=event.pk, details={"name": "Standing"} | details)


def sell(ticket_type: TicketType, quantity: int, buyer: User) -> None:
    """Give a person seats with tickets, as the services of RSVPs do."""
    event_id = ticket_type.event_id
    rsvp = Rsvp.objects.create(
        event_id=event_id, user=buyer, status=Rsvp.Status.GOING, guests=quantity - 1
    )
    RsvpTicket.objects.create(rsvp=rsvp, ticket_type=ticket_type, quantity=quantity)
    tally = TypeTally.objects.get(pk=ticket_type.pk)
    tally.taken += quantity
    tally.save()
    event_tally = Tally.objects.get(pk=event_id)
    event_tally.going += quantity
    event_tally.save()
    services.refresh_tickets_left(event_tally)


def names(event: Event) -> list[str]:
    return list(event.ticket_types.values_list("name", flat=True))


def sums(event: Event) -> tuple[bool, int | None]:
    tally = Tally.objects.get(pk=event.pk)
    return tally.has_ticket_types, tally.tickets_left


@pytest.fixture
def _payments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a provider that charges anything."""
    monkeypatch.setattr(ticketing, "_registered", [lambda amounts, currency: None])


pays = pytest.mark.usefixtures("_payments")


class TestAdding:
    @pays
    def test_new_type_is_returned_and_listed(self, as_olive: Api, event: Event) -> None:
        made = as_olive.post(
            path_of(event),
            {
                "name": "Standing", "description": "Main hall", "price": "12.50", "currency": "eur",
                "quantity": 200, "max_per_person": 4, "sales_open_at": "2026-01-01T10:00:00Z",
                "sales_close_at": "2199-01-01T10:00:00+02:00", "position": 3,
            },
        )  # fmt: skip
        assert made == {
            "id": made["id"],
            "name": "Standing",
            "description": "Main hall",
            "price": "12.50",
            "currency": "EUR",
            "quantity": 200,
            "sold": 0,
            "available": 2,
            "max_per_person": 4,
            "sales_open_at": "2026-01-01T10:00:00Z",
            "sales_close_at": "2199-01-01T08:00:00Z",
            "is_hidden": False,
            "position": 3,
        }
        page = {"count": 1, "next": None, "previous": None, "results": [made]}
        assert as_olive.get(path_of(event)) == page
        assert as_olive.get(f"{path_of(event)}{made['id']}/") == made

    def test_defaults_are_a_free_type_without_a_limit(self, as_olive: Api, olive: User) -> None:
        unlimited = EventFactory.create(created_by=olive)
        made = as_olive.post(path_of(unlimited), {"name": "Free"})
        assert made == {
            "id": made["id"],
            "name": "Free",
            "description": "",
            "price": "0.00",
            "currency": None,
            "quantity": None,
            "sold": 0,
            "available": None,
            "max_per_person": None,
            "sales_open_at": None,
            "sales_close_at": None,
            "is_hidden": False,
            "position": 0,
        }

    @pays
    @pytest.mark.parametrize(
        ("currency", "price", "shown", "minor"),
        [
            ("EUR", "12.5", "12.50", 1250),
            ("JPY", "500", "500", 500),
            ("JPY", "500.00", "500", 500),
            ("KWD", "1.250", "1.250", 1250),
            ("EUR", 12.5, "12.50", 1250),
            ("EUR", 12, "12.00", 1200),
            ("EUR", "999999.99", "999999.99", 99_999_999),
            ("EUR", "0", "0.00", 0),
        ],
    )
    def test_prices_have_the_places_of_their_currency(
        self, as_olive: Api, event: Event, currency: str, price: Any, shown: str, minor: int
    ) -> None:
        body = {"name": "Standing", "price": price, "currency": currency}
        assert as_olive.post(path_of(event), body)["price"] == shown
        assert event.ticket_types.get().price == minor

    @pays
    @pytest.mark.parametrize(
        ("field", "values", "code"),
        [
            ("name", {"name": ""}, "blank"),
            ("name", {"name": "x" * 101}, "max_length"),
            ("name", {"name": 5}, "invalid"),
            ("price", {"price": "-1", "currency": "EUR"}, "min_value"),
            ("price", {"price": "12.505", "currency": "EUR"}, "invalid_amount"),
            ("price", {"price": "1.50", "currency": "JPY"}, "invalid_amount"),
            ("price", {"price": "1.2345", "currency": "KWD"}, "invalid_amount"),
            ("price", {"price": "1000000", "currency": "EUR"}, "invalid_amount"),
            ("price", {"price": "1e999999999", "currency": "EUR"}, "max_digits"),
            ("price", {"price": "1e-999999999", "currency": "EUR"}, "max_digits"),
            ("price", {"price": "9" * 2000, "currency": "EUR"}, "max_string_length"),
            ("price", {"price": "NaN", "currency": "EUR"}, "invalid"),
            ("price", {"price": "Infinity", "currency": "EUR"}, "invalid"),
            ("price", {"price": "12,50", "currency": "EUR"}, "invalid"),
            ("price", {"price": True, "currency": "EUR"}, "invalid"),
            ("price", {"price": None}, "null"),
            ("currency", {"price": "1"}, "required"),
            ("currency", {"price": "1", "currency": None}, "required"),
            ("currency", {"price": "1", "currency": "EURO"}, "invalid_choice"),
            ("currency", {"price": "1", "currency": "XAU"}, "invalid_choice"),
            ("currency", {"currency": "ZZZ"}, "invalid_choice"),
            ("currency", {"currency": "E'R"}, "invalid_choice"),
            ("quantity", {"quantity": 0}, "min_value"),
            ("quantity", {"quantity": -1}, "min_value"),
            ("quantity", {"quantity": 1.5}, "invalid"),
            ("quantity", {"quantity": "5"}, "invalid"),
            ("quantity", {"quantity": 10_000_001}, "max_value"),
            ("quantity", {"quantity": 10**30}, "invalid"),
            ("max_per_person", {"max_per_person": 0}, "min_value"),
            ("max_per_person", {"max_per_person": 11}, "max_value"),
            ("position", {"position": -1}, "min_value"),
            ("position", {"position": 10**9}, "max_value"),
            ("is_hidden", {"is_hidden": "yes"}, "invalid"),
            ("sales_open_at", {"sales_open_at": "soon"}, "invalid"),
            ("sold_out", {"sold_out": True}, "unknown_field"),
            (
                "sales_close_at",
                {
                    "sales_open_at": "2027-01-01T10:00:00Z",
                    "sales_close_at": "2027-01-01T10:00:00Z",
                },
                "close_before_open",
            ),
        ],
    )
    def test_invalid_values_are_refused(
        self, as_olive: Api, event: Event, field: str, values: dict[str, Any], code: str
    ) -> None:
        problem = as_olive.post(path_of(event), {"name": "Standing"} | values, expect=400)
        assert refusal(problem) == ((field, code),)
        assert sums(event) == (False, None)

    @pays
    def test_event_has_one_currency(self, as_olive: Api, event: Event) -> None:
        add(event, price="5", currency="EUR")
        other = {"name": "Seat", "price": "5", "currency": "USD"}
        problem = as_olive.post(path_of(event), other, expect=400)
        assert refusal(problem) == (("currency", "currency_differs"),)
        as_olive.post(path_of(event), {"name": "Free"})
        as_olive.post(path_of(event), other | {"currency": "EUR"})

    def test_time_without_an_offset_is_in_the_zone_of_the_event(
        self, as_olive: Api, olive: User
    ) -> None:
        event = EventFactory.create(created_by=olive, timezone="Europe/Berlin")
        body = {"name": "Standing", "sales_open_at": "2027-06-01T10:00:00"}
        assert as_olive.post(path_of(event), body)["sales_open_at"] == "2027-06-01T08:00:00Z"

    def test_types_are_listed_in_order_of_their_positions(
        self, as_olive: Api, event: Event
    ) -> None:
        for position in (2, 0, 1, 0):
            add(event, name=f"Type {position}", position=position)
        listed = as_olive.get(path_of(event))["results"]
        assert [row["position"] for row in listed] == [0, 0, 1, 2]

    def test_type_over_the_limit_is_refused(
        self, as_olive: Api, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services, "MOST_TICKET_TYPES", 2)
        first, _ = add(event), add(event)
        problem = as_olive.post(path_of(event), {"name": "Third"}, expect=409)
        assert refusal(problem) == ("too_many_ticket_types", "delete_a_ticket_type")
        as_olive.delete(path_of(event, first))
        as_olive.post(path_of(event), {"name": "Third"})


class TestWhichEventsSell:
    def test_event_with_seats_taken_is_refused(
        self, as_olive: Api, event: Event, ada: User
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        problem = as_olive.post(path_of(event), {"name": "Standing"}, expect=409)
        assert refusal(problem) == ("event_has_rsvps", "copy_event")

    def test_interest_is_no_obstacle(self, as_olive: Api, event: Event, ada: User) -> None:
        mark_interested(event_id=event.pk, attendee=ada)
        as_olive.post(path_of(event), {"name": "Standing"})

    def test_event_with_types_gets_more_after_sales(self, event: Event, ada: User) -> None:
        sell(add(event), 1, ada)
        add(event, name="Seat")
        assert names(event) == ["Standing", "Seat"]

    def test_imported_event_sells_nothing(self, as_olive: Api, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(external_provider="ticketmaster")
        problem = as_olive.post(path_of(event), {"name": "Standing"}, expect=409)
        assert refusal(problem) == ("imported_event",)

    def test_cancelled_event_is_refused(self, as_olive: Api, event: Event) -> None:
        ticket_type = add(event)
        cancel_event(event_id=event.pk)
        problems = [
            as_olive.post(path_of(event), {"name": "Seat"}, expect=409),
            as_olive.patch(path_of(event, ticket_type), {"name": "Seat"}, expect=409),
            as_olive.delete(path_of(event, ticket_type), expect=409),
        ]
        assert {refusal(problem) for problem in problems} == {("event_cancelled",)}

    def test_past_event_is_refused(self, as_olive: Api, event: Event) -> None:
        ticket_type = add(event)
        end(event)
        problem = as_olive.patch(path_of(event, ticket_type), {"name": "Seat"}, expect=409)
        assert refusal(problem) == ("event_ended", "copy_event")

    def test_deleted_event_is_404(self, as_olive: Api, event: Event) -> None:
        add(event)
        delete_event(event_id=event.pk)
        as_olive.get(path_of(event), expect=404)
        as_olive.post(path_of(event), {"name": "Seat"}, expect=404)


class TestPriceChecks:
    def test_price_without_a_provider_is_refused(
        self, as_olive: Api, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ticketing, "_registered", [])
        body = {"name": "Standing", "price": "5", "currency": "EUR"}
        problem = as_olive.post(path_of(event), body, expect=409)
        assert refusal(problem) == ("payments_not_configured",)
        assert names(event) == []
        as_olive.post(path_of(event), body | {"price": "0"})

    def test_checks_get_the_amounts_and_the_currency(
        self, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[tuple[Sequence[int], str]] = []
        monkeypatch.setattr(ticketing, "_registered", [])
        ticketing.register_price_check(lambda amounts, currency: seen.append((amounts, currency)))
        ticket_type = add(event, price="5", currency="EUR")
        for changes in ({"name": "Seat"}, {"price": "6"}, {"price": "0"}):
            change_ticket_type(event_id=event.pk, type_id=ticket_type.pk, changes=changes)
        assert seen == [([500], "EUR"), ([600], "EUR")]

    def test_check_can_refuse_a_price(self, event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(amounts: Sequence[int], currency: str) -> None:
            raise PaymentsNotConfigured

        monkeypatch.setattr(ticketing, "_registered", [refuse])
        with pytest.raises(PaymentsNotConfigured):
            add(event, price="5", currency="EUR")


class TestAvailable:
    @pytest.mark.parametrize(
        ("seats", "quantity", "sold", "available"),
        [
            pytest.param(None, None, 0, None, id="no limit"),
            pytest.param(None, 3, 2, 1, id="type's limit"),
            pytest.param(5, None, 2, 3, id="event's limit"),
            pytest.param(5, 9, 2, 3, id="event's is lower"),
            pytest.param(5, 3, 2, 1, id="type's is lower"),
            pytest.param(2, 3, 2, 0, id="event full"),
        ],
    )
    def test_lower_limit_decides(
        self,
        as_ada: Api,
        olive: User,
        sam: User,
        seats: int | None,
        quantity: int | None,
        sold: int,
        available: int | None,
    ) -> None:
        event = EventFactory.create(created_by=olive, max_attendees=seats)
        ticket_type = add(event, quantity=quantity)
        if sold:
            sell(ticket_type, sold, sam)
        body = as_ada.get(path_of(event, ticket_type))
        assert (body["sold"], body["available"]) == (sold, available)

    def test_event_shows_the_tickets_that_are_left(
        self, as_ada: Api, olive: User, sam: User
    ) -> None:
        event = EventFactory.create(created_by=olive)
        shown = add(event, quantity=2)
        add(event, quantity=7, is_hidden=True)
        seen = [as_ada.get(f"/events/{event.pk}/")]
        sell(shown, 2, sam)
        seen.append(as_ada.get(f"/events/{event.pk}/"))
        assert [(body["spots_left"], body["is_full"]) for body in seen] == [(2, False), (0, True)]


class TestTicketsLeft:
    def test_every_write_keeps_the_sum(self, event: Event) -> None:
        first, second = add(event, quantity=5), add(event, quantity=7)
        sums_seen = [sums(event)]
        for ticket_type, changes in (
            (first, {"quantity": 1}),
            (first, {"quantity": None}),
            (first, {"is_hidden": True}),
            (second, {"is_hidden": True}),
            (first, {"is_hidden": False, "quantity": 2}),
        ):
            change_ticket_type(event_id=event.pk, type_id=ticket_type.pk, changes=changes)
            sums_seen.append(sums(event))
        for ticket_type in (first, second):
            delete_ticket_type(event_id=event.pk, type_id=ticket_type.pk)
            sums_seen.append(sums(event))
        left = [12, 8, None, 7, None, 2, None]
        assert sums_seen == [*((True, number) for number in left), (False, None)]


class TestChanging:
    def test_omitted_fields_keep_their_values(self, as_olive: Api, event: Event) -> None:
        ticket_type = add(event, quantity=9, max_per_person=3, currency="EUR", position=2)
        before = as_olive.get(path_of(event, ticket_type))
        after = as_olive.patch(path_of(event, ticket_type), {"name": "Seat"})
        assert after == before | {"name": "Seat"}
        assert as_olive.patch(path_of(event, ticket_type), {}) == after

    def test_response_can_be_sent_back(self, as_olive: Api, event: Event) -> None:
        ticket_type = add(event, quantity=9)
        before = as_olive.get(path_of(event, ticket_type))
        assert as_olive.patch(path_of(event, ticket_type), before) == before

    @pays
    def test_price_of_a_sold_type_can_change(self, as_olive: Api, event: Event, ada: User) -> None:
        ticket_type = add(event, price="5", currency="EUR")
        sell(ticket_type, 1, ada)
        for changes in ({"price": "7.25"}, {"price": "500", "currency": "JPY"}):
            body = as_olive.patch(path_of(event, ticket_type), changes)
            assert body["price"] == changes["price"]

    @pays
    def test_currency_alone_keeps_the_amount(self, as_olive: Api, event: Event) -> None:
        ticket_type = add(event, price="5.00", currency="EUR")
        body = as_olive.patch(path_of(event, ticket_type), {"currency": "JPY"})
        assert (body["price"], body["currency"]) == ("5", "JPY")

    @pays
    def test_currency_of_one_type_alone_can_not_change(self, as_olive: Api, event: Event) -> None:
        first, _ = (add(event, price="5", currency="EUR") for _ in range(2))
        problem = as_olive.patch(path_of(event, first), {"currency": "USD"}, expect=400)
        assert refusal(problem) == (("currency", "currency_differs"),)

    @pays
    def test_currency_of_a_price_can_not_be_removed(self, as_olive: Api, event: Event) -> None:
        ticket_type = add(event, price="5", currency="EUR")
        problem = as_olive.patch(path_of(event, ticket_type), {"currency": None}, expect=400)
        assert refusal(problem) == (("currency", "required"),)
        free = as_olive.patch(path_of(event, ticket_type), {"currency": None, "price": "0"})
        assert (free["price"], free["currency"]) == ("0.00", None)

    @pays
    def test_currency_stays_while_a_code_has_an_amount(self, as_olive: Api, event: Event) -> None:
        ticket_type = add(event, price="5", currency="EUR")
        DiscountCode.objects.create(event=event, code="FIVE", amount_off=500)
        problems = [
            as_olive.patch(path_of(event, ticket_type), {"currency": "JPY"}, expect=409),
            as_olive.delete(path_of(event, ticket_type), expect=409),
        ]
        expected = ("amount_needs_currency", "delete_code")
        assert {refusal(problem) for problem in problems} == {expected}
        as_olive.patch(path_of(event, ticket_type), {"price": "7"})

    def test_quantity_can_not_be_below_what_is_taken(
        self, as_olive: Api, event: Event, ada: User
    ) -> None:
        ticket_type = add(event, quantity=9)
        sell(ticket_type, 2, ada)
        problem = as_olive.patch(path_of(event, ticket_type), {"quantity": 1}, expect=400)
        assert refusal(problem) == (("quantity", "quantity_below_taken"),)
        assert as_olive.patch(path_of(event, ticket_type), {"quantity": 2})["quantity"] == 2

    def test_signal_has_the_former_quantity(self, event: Event) -> None:
        ticket_type = add(event, quantity=2)
        changes: list[Any] = []

        def note(ticket_type: TicketType, former_quantity: int | None, **_: Any) -> None:
            changes.append((former_quantity, ticket_type.tally.quantity))

        quantity_changed.connect(note)
        try:
            for quantity in (2, 3, 1, None, 5):
                change_ticket_type(
                    event_id=event.pk, type_id=ticket_type.pk, changes={"quantity": quantity}
                )
        finally:
            quantity_changed.disconnect(note)
        assert changes == [(2, 3), (3, 1), (1, None), (None, 5)]

    def test_type_of_another_event_is_404(self, as_olive: Api, event: Event, olive: User) -> None:
        other = add(EventFactory.create(created_by=olive))
        for api_call in (as_olive.get, as_olive.delete):
            api_call(path_of(event, other), expect=404)
        as_olive.patch(path_of(event, other), {"name": "Mine"}, expect=404)
        as_olive.get(f"{path_of(event)}{2**62}/", expect=404)


class TestDeleting:
    def test_type_with_tickets_is_kept(self, as_olive: Api, event: Event, ada: User) -> None:
        ticket_type = add(event)
        sell(ticket_type, 1, ada)
        problem = as_olive.delete(path_of(event, ticket_type), expect=409)
        assert refusal(problem) == ("ticket_type_sold", "close_sales")
        with pytest.raises(TicketTypeSold):
            delete_ticket_type(event_id=event.pk, type_id=ticket_type.pk)

    def test_event_without_its_last_type_counts_guests_again(
        self, as_olive: Api, event: Event, ada: User
    ) -> None:
        as_olive.delete(path_of(event, add(event)))
        join_event(event_id=event.pk, attendee=ada, guests=1)
        assert Tally.objects.get(pk=event.pk).going == 2


class TestHidden:
    @pytest.fixture
    def hidden(self, event: Event) -> TicketType:
        add(event)
        hidden = add(event, name="Crew", is_hidden=True)
        DiscountCode.objects.create(event=event, code="CREW-1").unlocks.add(hidden)
        DiscountCode.objects.create(event=event, code="PLAIN")
        return hidden

    def shown(self, api: Api, event: Event, **query: Any) -> list[str]:
        return [row["name"] for row in api.get(path_of(event), **query)["results"]]

    def test_owner_and_admins_see_hidden_types(
        self, as_olive: Api, as_alma: Api, event: Event, hidden: TicketType
    ) -> None:
        for api in (as_olive, as_alma):
            assert self.shown(api, event) == ["Standing", "Crew"]
            assert api.get(path_of(event, hidden))["is_hidden"] is True

    def test_others_see_them_with_a_code(
        self, as_ada: Api, event: Event, hidden: TicketType
    ) -> None:
        seen = [self.shown(as_ada, event, **query) for query in (
            {}, {"code": "plain"}, {"code": " crew-1 "}
        )]  # fmt: skip
        assert seen == [["Standing"], ["Standing"], ["Standing", "Crew"]]
        as_ada.get(path_of(event, hidden), expect=404)
        as_ada.get(path_of(event, hidden), code="CREW-1")

    @pytest.mark.parametrize("code", ["nothing", "CREW'--", "x\x00y"])
    def test_unknown_code_is_refused(
        self, as_ada: Api, event: Event, hidden: TicketType, code: str
    ) -> None:
        problem = as_ada.get(path_of(event), code=code, expect=400)
        assert problem["errors"][0]["field"] == "code"

    @pytest.mark.parametrize(
        ("values", "error"),
        [
            ({"max_uses": 1, "used": 1}, "code_used_up"),
            ({"valid_from": timezone.now() + timedelta(days=1)}, "code_not_valid_yet"),
            ({"valid_until": timezone.now() - timedelta(days=1)}, "code_expired"),
        ],
        ids=["used up", "too early", "too late"],
    )
    def test_code_that_can_not_be_used_unlocks_nothing(
        self, as_ada: Api, event: Event, hidden: TicketType, values: dict[str, Any], error: str
    ) -> None:
        DiscountCode.objects.filter(code="CREW-1").update(**values)
        problem = as_ada.get(path_of(event), code="CREW-1", expect=400)
        assert refusal(problem) == (("code", error),)

    def test_code_of_another_event_is_refused(
        self, as_ada: Api, event: Event, hidden: TicketType
    ) -> None:
        other = EventFactory.create()
        problem = as_ada.get(path_of(other), code="CREW-1", expect=400)
        assert refusal(problem) == (("code", "does_not_exist"),)


class TestWhoMay:
    def write(self, api: Api, event: Event, expect: int) -> set[Any]:
        ticket_type = TicketType.objects.filter(event=event).first() or add(event)
        post, patch, delete = (201, 200, 204) if expect == 200 else [expect] * 3
        responses = [
            api.post(path_of(event), {"name": "Seat"}, expect=post),
            api.patch(path_of(event, ticket_type), {"name": "Seat"}, expect=patch),
            api.delete(path_of(event, ticket_type), expect=delete),
        ]
        return {refusal(response) for response in responses if expect >= 400}

    def test_owner_and_admins_write(self, as_olive: Api, as_alma: Api, event: Event) -> None:
        self.write(as_olive, event, 200)
        self.write(as_alma, event, 200)

    def test_others_only_read(self, as_ada: Api, event: Event) -> None:
        assert self.write(as_ada, event, 403) == {("owner_required",)}
        another = UserFactory.create(is_organizer=True)
        self.write(Api(another), event, 403)
        assert as_ada.get(path_of(event))["count"] == 1

    def test_nobody_reads_without_an_account(self, as_nobody: Api, event: Event) -> None:
        self.write(as_nobody, event, 401)
        as_nobody.get(path_of(event), expect=401)

    def test_draft_is_404_for_others(self, as_ada: Api, as_alma: Api, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(status=Event.Status.DRAFT)
        for api in (as_ada, as_alma):
            api.get(path_of(event), expect=404)
            self.write(api, event, 404)

    def test_former_organizer_edits_but_adds_nothing(
        self, as_olive: Api, olive: User, event: Event
    ) -> None:
        ticket_type = add(event)
        User.objects.filter(pk=olive.pk).update(is_organizer=False)
        problem = Api(olive).post(path_of(event), {"name": "Seat"}, expect=403)
        assert refusal(problem) == ("organizer_required",)
        Api(olive).patch(path_of(event, ticket_type), {"name": "Seat"})


def test_services_refuse_what_serializers_would(event: Event) -> None:
    for details, field in (
        ({"price": "5"}, "currency"),
        ({"price": "5", "currency": "ZZZ"}, "currency"),
        ({"price": "-5", "currency": "EUR"}, "price"),
    ):
        with pytest.raises(BadValue) as refused:
            add(event, **details)
        assert refused.value.field == field


@pays
def test_page_of_the_admin_shows_types_and_codes(admin_page: Any, event: Event) -> None:
    add(event, name="Balcony", price="12.50", currency="EUR", quantity=9)
    DiscountCode.objects.create(event=event, code="FIVE", amount_off=500, max_uses=7)
    DiscountCode.objects.create(event=event, code="HALF", percent_off=50)
    page = admin_page(f"/events/event/{event.pk}/change/")
    cells = ("Balcony", "12.50 EUR", "0 of 9", "FIVE", "5.00 EUR", "0 of 7", "HALF", "50%")
    assert [cell for cell in cells if cell not in page] == []
