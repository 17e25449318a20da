"""Writes on categories and tags."""

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.text import slugify

from core.errors import BadValue, JustChanged
from events.exceptions import CategoryInUse
from events.models import Category, Tag

_TAG_TRIES = 10


def create_tag(*, name: str) -> tuple[Tag, bool]:
    """Return the tag with this name in any case, and whether it is new.

    Raises JustChanged if concurrent requests win each of ten tries.
    """
    name = " ".join(name.split())
    for _ in range(_TAG_TRIES):
        # The database lowers both, as in its constraint: SQLite does not lower É.
        tag = Tag.objects.filter(Exact(Lower("name"), Lower(Value(name)))).first()
        if tag is not None:
            return tag, False
        try:
            with transaction.atomic():
                return Tag.objects.create(name=name, slug=_free_slug(Tag, name)), True
        except IntegrityError:
            continue  # a concurrent request took the name or the slug
    raise JustChanged


def save_category_or_tag(row: Category | Tag) -> None:
    """Save a category or tag; without a slug, one is made from the name.

    Raises BadValue if another row has the same name, in any case, or the same slug.
    """
    row.slug = row.slug or _free_slug(type(row), row.name)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        field = "name" if "_name_unique" in str(error) else "slug"
        raise BadValue(field, "unique", f"This {field} is taken. Choose another one.") from error


def delete_category(*, category: Category) -> None:
    try:
        category.delete()
    except (ProtectedError, IntegrityError) as error:  # the second: an event was added meanwhile
        raise CategoryInUse from error


def _free_slug(model: type[Category | Tag], name: str) -> str:
    """Make a slug from the name, with a number if it is taken: C++ is `c`, and C# `c-2`."""
    base = slugify(name, allow_unicode=True)[:40]
    if not base:
        raise BadValue("name", "invalid", "Use at least one letter or digit.")
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug
        for slug in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
        if slug not in taken
    )
