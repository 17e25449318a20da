"""/api/events/<id>/codes/: discount codes, and permissions to see and change them."""

from typing import Any

import pytest

from accounts.models import User
from events import ticketing
from events.exceptions import CodeInUse, CodeNotFound
from events.models import DiscountCode, Event
from events.services import codes as services
from events.services.codes import add_code, change_code, delete_code
from events.services.events import cancel_event
from rsvp.models import Rsvp
from tests.client import Api, refusal
from tests.events.test_ticket_types import add
from tests.factories import EventFactory, UserFactory, end

pytestmark = pytest.mark.both


def path_of(event: Event, code: DiscountCode | None = None) -> str:
    path = f"/events/{event.pk}/codes/"
    return f"{path}{code.pk}/" if code else path


def add_new(event: Event, **details: Any) -> DiscountCode:
    return add_code(event_id=event.pk, details={"code": "EARLY"} | details)


def stored(event: Event) -> list[str]:
    return list(event.codes.values_list("code", flat=True))


@pytest.fixture(autouse=True)
def _payments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a provider that charges anything."""
    monkeypatch.setattr(ticketing, "_registered", [lambda amounts, currency: None])


class TestAdding:
    def test_new_code_is_returned_and_listed(self, as_olive: Api, event: Event) -> None:
        hidden = add(event, is_hidden=True)
        made = as_olive.post(
            path_of(event),
            {
                "code": "  early-Bird_1 ", "percent_off": 20, "max_uses": 50,
                "valid_from": "2026-01-01T10:00:00Z", "valid_until": "2199-01-01T10:00:00+02:00",
                "unlocks": [hidden.pk, hidden.pk],
            },
        )  # fmt: skip
        assert made == {
            "id": made["id"],
            "code": "EARLY-BIRD_1",
            "percent_off": 20,
            "amount_off": None,
            "max_uses": 50,
            "used": 0,
            "valid_from": "2026-01-01T10:00:00Z",
            "valid_until": "2199-01-01T08:00:00Z",
            "unlocks": [hidden.pk],
        }
        page = {"count": 1, "next": None, "previous": None, "results": [made]}
        assert as_olive.get(path_of(event)) == page
        assert as_olive.get(f"{path_of(event)}{made['id']}/") == made

    @pytest.mark.parametrize(
        ("currency", "amount", "shown", "minor"),
        [
            ("EUR", "5", "5.00", 500),
            ("JPY", "500", "500", 500),
            ("KWD", "0.001", "0.001", 1),
        ],
    )
    def test_amount_is_in_the_currency_of_the_event(
        self, as_olive: Api, event: Event, currency: str, amount: str, shown: str, minor: int
    ) -> None:
        add(event, price="500", currency=currency)
        made = as_olive.post(path_of(event), {"code": "FIVE", "amount_off": amount})
        assert made["amount_off"] == shown
        assert event.codes.get().amount_off == minor

    @pytest.mark.parametrize(
        ("field", "values", "code"),
        [
            ("code", {"code": ""}, "blank"),
            ("code", {"code": "ab"}, "min_length"),
            ("code", {"code": "x" * 41}, "max_length"),
            ("code", {"code": "two words"}, "invalid"),
            ("code", {"code": "ÜBER"}, "invalid"),
            ("code", {"code": "ab\u0663"}, "invalid"),
            ("code", {"code": "' OR 1=1"}, "invalid"),
            ("code", {"code": 12345}, "invalid"),
            ("code", {"code": None}, "null"),
            ("percent_off", {"percent_off": 0}, "min_value"),
            ("percent_off", {"percent_off": 101}, "max_value"),
            ("percent_off", {"percent_off": 12.5}, "invalid"),
            ("amount_off", {"amount_off": "0"}, "min_value"),
            ("amount_off", {"amount_off": "-5"}, "min_value"),
            ("amount_off", {"amount_off": "1.505"}, "invalid_amount"),
            ("amount_off", {"amount_off": "1e30"}, "max_digits"),
            ("amount_off", {"amount_off": "9999999"}, "invalid_amount"),
            ("amount_off", {"amount_off": "5", "percent_off": 5}, "one_discount"),
            ("max_uses", {"max_uses": 0}, "min_value"),
            ("max_uses", {"max_uses": 2**31}, "max_value"),
            ("unlocks", {"unlocks": [999_999]}, "does_not_exist"),
            ("unlocks", {"unlocks": "all"}, "not_a_list"),
            ("unlocks", {"unlocks": list(range(1, 52))}, "max_length"),
            ("valid_until", {"valid_until": "later"}, "invalid"),
            ("use", {"use": 1}, "unknown_field"),
            (
                "valid_until",
                {"valid_from": "2027-01-02T10:00:00Z", "valid_until": "2027-01-01T10:00:00Z"},
                "until_before_from",
            ),
        ],
    )
    def test_invalid_values_are_refused(
        self, as_olive: Api, event: Event, field: str, values: dict[str, Any], code: str
    ) -> None:
        add(event, price="5", currency="EUR")
        problem = as_olive.post(path_of(event), {"code": "EARLY"} | values, expect=400)
        assert refusal(problem) == ((field, code),)
        assert stored(event) == []

    def test_amount_needs_a_currency(self, as_olive: Api, event: Event) -> None:
        add(event)
        problem = as_olive.post(path_of(event), {"code": "FIVE", "amount_off": "5"}, expect=400)
        assert refusal(problem) == (("amount_off", "no_currency"),)

    def test_types_of_another_event_are_refused(
        self, as_olive: Api, event: Event, olive: User
    ) -> None:
        own, other = add(event), add(EventFactory.create(created_by=olive))
        body = {"code": "CREW", "unlocks": [own.pk, other.pk]}
        problem = as_olive.post(path_of(event), body, expect=400)
        assert refusal(problem) == (("unlocks", "does_not_exist"),)
        assert str(other.pk) in problem["errors"][0]["detail"]

    def test_code_exists_once_in_any_case(self, as_olive: Api, event: Event, olive: User) -> None:
        as_olive.post(path_of(event), {"code": "Early"})
        problem = as_olive.post(path_of(event), {"code": "eaRLy "}, expect=400)
        assert refusal(problem) == (("code", "unique"),)
        as_olive.post(path_of(EventFactory.create(created_by=olive)), {"code": "early"})

    def test_code_over_the_limit_is_refused(
        self, as_olive: Api, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services, "MOST_CODES", 1)
        first = add_new(event)
        problem = as_olive.post(path_of(event), {"code": "SECOND"}, expect=409)
        assert refusal(problem) == ("too_many_codes", "delete_a_code")
        as_olive.delete(path_of(event, first))
        as_olive.post(path_of(event), {"code": "SECOND"})


class TestWhichEvents:
    def test_imported_event_has_no_codes(self, as_olive: Api, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(external_provider="ticketmaster")
        problem = as_olive.post(path_of(event), {"code": "EARLY"}, expect=409)
        assert refusal(problem) == ("imported_event",)

    def test_cancelled_event_is_refused(self, as_olive: Api, event: Event) -> None:
        code = add_new(event)
        cancel_event(event_id=event.pk)
        problems = [
            as_olive.post(path_of(event), {"code": "LATE"}, expect=409),
            as_olive.patch(path_of(event, code), {"max_uses": 1}, expect=409),
            as_olive.delete(path_of(event, code), expect=409),
        ]
        assert {refusal(problem) for problem in problems} == {("event_cancelled",)}

    def test_past_event_is_refused(self, as_olive: Api, event: Event) -> None:
        code = add_new(event)
        end(event)
        problem = as_olive.patch(path_of(event, code), {"max_uses": 1}, expect=409)
        assert refusal(problem) == ("event_ended", "copy_event")


class TestChanging:
    def test_omitted_fields_keep_their_values(self, as_olive: Api, event: Event) -> None:
        code = add_new(event, percent_off=10, unlocks=[add(event).pk])
        before = as_olive.get(path_of(event, code))
        after = as_olive.patch(path_of(event, code), {"max_uses": 3})
        assert after == before | {"max_uses": 3}
        assert as_olive.patch(path_of(event, code), {"code": "early"}) == after
        assert as_olive.patch(path_of(event, code), after) == after

    def test_discount_can_be_replaced(self, as_olive: Api, event: Event) -> None:
        add(event, price="20", currency="EUR")
        code = add_new(event, percent_off=10)
        problem = as_olive.patch(path_of(event, code), {"amount_off": "5"}, expect=400)
        assert refusal(problem) == (("amount_off", "one_discount"),)
        changes = {"amount_off": "5", "percent_off": None}
        body = as_olive.patch(path_of(event, code), changes)
        assert (body["amount_off"], body["percent_off"]) == ("5.00", None)

    def test_limit_can_not_be_below_the_uses(self, as_olive: Api, event: Event) -> None:
        code = add_new(event, max_uses=9)
        DiscountCode.objects.update(used=2)
        problem = as_olive.patch(path_of(event, code), {"max_uses": 1}, expect=400)
        assert refusal(problem) == (("max_uses", "below_used"),)
        assert as_olive.patch(path_of(event, code), {"max_uses": 2})["max_uses"] == 2

    def test_name_of_another_code_is_refused(self, as_olive: Api, event: Event) -> None:
        add_new(event)
        other = add_new(event, code="OTHER")
        problem = as_olive.patch(path_of(event, other), {"code": "early"}, expect=400)
        assert refusal(problem) == (("code", "unique"),)

    def test_code_of_another_event_is_404(self, as_olive: Api, event: Event, olive: User) -> None:
        other = add_new(EventFactory.create(created_by=olive))
        as_olive.get(path_of(event, other), expect=404)
        as_olive.patch(path_of(event, other), {"max_uses": 1}, expect=404)
        as_olive.delete(path_of(event, other), expect=404)
        with pytest.raises(CodeNotFound):
            change_code(event_id=event.pk, code_id=other.pk, changes={})


class TestDeleting:
    def test_deleted_code_is_gone(self, as_olive: Api, event: Event) -> None:
        code = add_new(event, unlocks=[add(event, is_hidden=True).pk])
        as_olive.delete(path_of(event, code))
        assert stored(event) == []

    def test_code_in_use_is_kept(self, as_olive: Api, event: Event, ada: User) -> None:
        code = add_new(event)
        Rsvp.objects.create(event=event, user=ada, status=Rsvp.Status.GOING, code=code)
        problem = as_olive.delete(path_of(event, code), expect=409)
        assert refusal(problem) == ("code_in_use", "end_code")
        with pytest.raises(CodeInUse):
            delete_code(event_id=event.pk, code_id=code.pk)


class TestWhoMay:
    def manage(self, api: Api, event: Event, expect: int) -> set[Any]:
        code = event.codes.first() or add_new(event)
        get, post, delete = (200, 201, 204) if expect == 200 else [expect] * 3
        responses = [
            api.get(path_of(event), expect=get),
            api.get(path_of(event, code), expect=get),
            api.post(path_of(event), {"code": "NEW"}, expect=post),
            api.patch(path_of(event, code), {"max_uses": 1}, expect=get),
            api.delete(path_of(event, code), expect=delete),
        ]
        event.codes.filter(code="NEW").delete()
        return {refusal(response) for response in responses if expect >= 400}

    def test_owner_and_admins(self, as_olive: Api, as_alma: Api, event: Event) -> None:
        self.manage(as_olive, event, 200)
        self.manage(as_alma, event, 200)

    def test_others_neither_read_nor_write(self, as_ada: Api, event: Event) -> None:
        assert self.manage(as_ada, event, 403) == {("owner_required",)}
        self.manage(Api(UserFactory.create(is_organizer=True)), event, 403)

    def test_nobody(self, as_nobody: Api, event: Event) -> None:
        self.manage(as_nobody, event, 401)

    def test_draft_is_404_for_others(self, as_ada: Api, as_alma: Api, event: Event) -> None:
        add_new(event)
        Event.objects.filter(pk=event.pk).update(status=Event.Status.DRAFT)
        for api in (as_ada, as_alma):
            self.manage(api, event, 404)
