"""Examples and descriptions of the analytics endpoints for Swagger."""

from typing import Any

from analytics.filters import OverviewFilter, PeriodFilter
from analytics.serializers import EventNumbersSerializer, OverviewSerializer
from core.api.openapi import describe, query_parameters
from events.openapi import EVENT

_EVENT = {name: EVENT[name] for name in ("id", "title", "start_time")}
_COUNTS = {
    "going": 86, "pending_payment": 0, "interested": 31, "waitlisted": 3, "cancelled": 9,
    "arrived": 52,
}  # fmt: skip
_RATES: dict[str, Any] = {
    "fill_rate": 0.9556,
    "show_up_rate": 0.9286,
    "cancellation_rate": 0.0874,
    "waitlist": {"joined": 12, "promoted": 7, "conversion": 0.5833},
    "returning": {"people": 61, "returning": 14, "rate": 0.2295},
    "ratings": {"average": 4.5, "count": 8, "stars": {"1": 0, "2": 0, "3": 1, "4": 2, "5": 5}},
    "answers_per_day": [
        {
            "date": "2027-05-02",
            "going": 11,
            "pending_payment": 0,
            "interested": 4,
            "waitlisted": 1,
            "cancelled": 0,
        },
        {
            "date": "2027-05-03",
            "going": 1,
            "pending_payment": 2,
            "interested": 0,
            "waitlisted": 0,
            "cancelled": 0,
        },
    ],
}
_AMOUNTS = {"paid": "1075.00", "refunded": "12.50", "fees": "26.88", "net": "1035.62"}
_REVENUE: dict[str, Any] = {
    "totals": {"EUR": _AMOUNTS},
    "per_day": [
        {
            "date": "2027-05-02",
            "totals": {
                "EUR": {"paid": "137.50", "refunded": "0.00", "fees": "3.44", "net": "134.06"}
            },
        },
    ],
}
_OVERVIEW: dict[str, Any] = {
    "date_from": "2027-05-02",
    "date_to": "2027-06-30",
    "timezone": "Europe/Berlin",
    "events": 4,
    "totals": {**_COUNTS, "no_shows": 4, "seats": 90},
    **_RATES,
    "revenue": _REVENUE,
    "fill_by_event": [
        {
            "event": _EVENT,
            "going": 30,
            "waiting": 3,
            "max_attendees": 30,
            "fill_rate": 1.0,
            "revenue": {},
        }
    ],
    "best_hours": [
        {"weekday": 5, "hour": 19, "events": 3, "going_per_event": 25.33, "fill_rate": 0.95}
    ],
    "best_categories": [
        {
            "category": EVENT["category"],
            "events": 3,
            "going": 76,
            "going_per_event": 25.33,
            "average_rating": 4.5,
        }
    ],
}
_OF_EVENT: dict[str, Any] = {
    "event": {name: EVENT[name] for name in (*_EVENT, "end_time", "timezone", "status")},
    "timezone": "Europe/Berlin",
    "totals": {**_COUNTS, "no_shows": 4, "spots_left": 4, "max_attendees": 90},
    **_RATES,
    "arrivals": [
        {"at": "2027-06-04T16:30:00Z", "people": 21},
        {"at": "2027-06-04T16:45:00Z", "people": 31},
    ],
    "ticket_types": [
        {"id": 5, "name": "Regular", "quantity": 80, "going": 76, "held": 0, "waiting": 0},
        {"id": 6, "name": "VIP", "quantity": 10, "going": 10, "held": 0, "waiting": 3},
    ],
    "revenue": {
        **_REVENUE,
        "by_ticket_type": [
            {"id": 5, "name": "Regular", "currency": "EUR", "tickets": 86, **_AMOUNTS}
        ],
    },
}


OVERVIEW = describe(
    "The totals of my events",
    _OVERVIEW,
    OverviewSerializer,
    manual_parameters=query_parameters(OverviewFilter),
)
OF_EVENT = describe(
    "The numbers of the event",
    _OF_EVENT,
    EventNumbersSerializer,
    manual_parameters=query_parameters(PeriodFilter),
)
POPULAR = describe(
    "A page of events",
    {
        "event": _EVENT | {"location": EVENT["location"], "category": EVENT["category"]},
        "score": 21.42,
        "going_count": EVENT["going_count"],
        "average_rating": None,
    },
)
