"""Helpers to create events with banners."""

from typing import Any

from events.models import Event
from events.services import banners
from events.services.events import update_event
from tests.client import Api
from tests.factories import event_body
from tests.uploads import file


def send(api: Api, method: str, path: str, expect: int, **form: Any) -> Any:
    response = getattr(api.client, method)(f"/api{path}", form, format="multipart")
    assert response.status_code == expect, (response.status_code, response.content)
    return response.json()


def create(api: Api, expect: int = 201, **form: Any) -> Any:
    return send(api, "post", "/events/", expect, **event_body(**form))


def change(api: Api, event: Event, expect: int = 200, method: str = "patch", **form: Any) -> Any:
    return send(api, method, f"/events/{event.pk}/", expect, **form)


def with_banner(event: Event) -> Event:
    with banners.stored({"banner": file()}) as changes:
        return update_event(event_id=event.pk, changes=changes)


def files_of(key: str) -> list[str]:
    return [f"event-banners/{key}/{width}.webp" for width in (1600, 400, 800)]
