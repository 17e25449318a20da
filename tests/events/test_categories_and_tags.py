"""Categories and tags over HTTP."""

from typing import Any

import pytest

from events.models import Category, Tag
from tests.client import Api, refusal
from tests.factories import CategoryFactory, EventFactory, TagFactory

pytestmark = pytest.mark.both


class TestCategories:
    def test_everyone_can_read_categories(self, as_ada: Api) -> None:
        category = CategoryFactory.create(name="Music", slug="music", description="Concerts.")
        shown = {"id": category.pk, "name": "Music", "slug": "music", "description": "Concerts."}
        assert as_ada.get("/categories/")["results"] == [shown]
        assert as_ada.get(f"/categories/{category.pk}/") == shown

    def test_admin_can_write_categories(self, as_alma: Api) -> None:
        made = as_alma.post("/categories/", {"name": "Food & Drink"})
        assert made["slug"] == "food-drink"
        path = f"/categories/{made['id']}/"
        assert as_alma.patch(path, {"description": "Markets."})["description"] == "Markets."
        assert as_alma.put(path, {"name": "Food"})["name"] == "Food"
        as_alma.delete(path)
        assert not Category.objects.exists()

    def test_others_cannot_write_categories(self, as_olive: Api, as_ada: Api) -> None:
        category = CategoryFactory.create()
        for api in (as_olive, as_ada):
            problem = api.post("/categories/", {"name": "Mine"}, expect=403)
            assert refusal(problem) == ("admin_required",)
            api.patch(f"/categories/{category.pk}/", {"name": "Mine"}, expect=403)
            api.delete(f"/categories/{category.pk}/", expect=403)

    @pytest.mark.parametrize(
        ("body", "field", "code"),
        [
            ({"name": "MUSIC"}, "name", "unique"),
            ({"name": "New", "slug": "music"}, "slug", "unique"),
            ({"name": ""}, "name", "blank"),
            ({"name": "🎉"}, "name", "invalid"),
            ({"name": "x\ny"}, "name", "control_characters"),
            ({"name": "x" * 81}, "name", "max_length"),
            ({"name": "x", "slug": "no slug"}, "slug", "invalid"),
        ],
    )
    def test_invalid_value_is_named(self, as_alma: Api, body: Any, field: str, code: str) -> None:
        CategoryFactory.create(name="Music", slug="music")
        problem = as_alma.post("/categories/", body, expect=400)
        assert refusal(problem) == ((field, code),)

    def test_category_in_use_is_not_deleted(self, as_alma: Api) -> None:
        event = EventFactory.create(category=CategoryFactory.create())
        problem = as_alma.delete(f"/categories/{event.category_id}/", expect=409)
        assert refusal(problem) == ("category_in_use", "move_events")


class TestTags:
    def test_organizer_can_add_a_tag(self, as_olive: Api) -> None:
        tag = as_olive.post("/tags/", {"name": "Live Music"})
        assert (tag["name"], tag["slug"]) == ("Live Music", "live-music")

    def test_existing_tag_is_returned(self, as_olive: Api) -> None:
        tag = as_olive.post("/tags/", {"name": "Live Music"})
        assert as_olive.post("/tags/", {"name": "live  music"}, expect=200) == tag
        assert Tag.objects.count() == 1

    def test_names_of_one_slug_are_different_tags(self, as_olive: Api) -> None:
        made = [as_olive.post("/tags/", {"name": name}) for name in ("C", "C++", "C#")]
        assert [tag["slug"] for tag in made] == ["c", "c-2", "c-3"]
        assert as_olive.post("/tags/", {"name": "c++"}, expect=200) == made[1]

    def test_attendee_cannot_add_a_tag(self, as_ada: Api) -> None:
        assert refusal(as_ada.post("/tags/", {"name": "Mine"}, expect=403)) == (
            "organizer_required",
        )

    def test_admin_can_change_and_delete_tags(self, as_alma: Api, as_olive: Api) -> None:
        tag = TagFactory.create(name="Jaz")
        EventFactory.create(tags=[tag])
        path = f"/tags/{tag.pk}/"
        as_olive.patch(path, {"name": "Mine"}, expect=403)
        as_olive.delete(path, expect=403)
        assert as_alma.patch(path, {"name": "Jazz"})["name"] == "Jazz"
        as_alma.delete(path)
        assert not Tag.objects.exists()

    @pytest.mark.parametrize("name", ["Écriture", "İstanbul", "ΣΊΣΥΦΟΣ", "Straße"])
    def test_tag_in_any_script_is_not_created_twice(self, as_olive: Api, name: str) -> None:
        tag = as_olive.post("/tags/", {"name": name})
        assert as_olive.post("/tags/", {"name": name}, expect=200) == tag

    def test_renaming_to_an_existing_name_is_refused(self, as_alma: Api) -> None:
        TagFactory.create(name="Jazz")
        other = TagFactory.create(name="Blues")
        problem = as_alma.patch(f"/tags/{other.pk}/", {"name": "JAZZ"}, expect=400)
        assert refusal(problem) == (("name", "unique"),)

    @pytest.mark.parametrize(
        ("name", "code"), [("", "blank"), ("!!", "invalid"), ("x" * 51, "max_length")]
    )
    def test_invalid_name_is_refused(self, as_olive: Api, name: str, code: str) -> None:
        assert refusal(as_olive.post("/tags/", {"name": name}, expect=400)) == (("name", code),)
