"""Every write on categories and tags."""

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
    """The tag of that name, whatever the case, and whether it is new.

    Raises JustChanged where others keep being faster.
    """
    name = " ".join(name.split())
    for _ in range(_TAG_TRIES):
        # Both sides by the database, as its constraint is: SQLite leaves É as it is.
        tag = Tag.objects.filter(Exact(Lower("name"), Lower(Value(name)))).first()
        if tag is not None:
            return tag, False
        try:
            with transaction.atomic():
                return Tag.objects.create(name=name, slug=_free_slug(Tag, name)), True
        except IntegrityError:
            continue  # somebody was faster with the name or the slug: look again
    raise JustChanged


def save_category_or_tag(row: Category | Tag) -> None:
    """Create or change a category or tag; its slug follows from its name where none is given.

    Raises BadValue where another one has the name, whatever the case, or the slug.
    """
    row.slug = row.slug or _free_slug(type(row), row.name)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        field = "name" if "_name_unique" in str(error) else "slug"
        raise BadValue(field, "unique", f"Another one has this {field}.") from error


def delete_category(*, category: Category) -> None:
    try:
        category.delete()
    except (ProtectedError, IntegrityError) as error:  # the latter: an event came in between
        raise CategoryInUse from error


def _free_slug(model: type[Category | Tag], name: str) -> str:
    """From the name: C++ and C# are both `c`, so the second one gets a number."""
    base = slugify(name, allow_unicode=True)[:40]
    if not base:
        raise BadValue("name", "invalid", "Use at least one letter or digit.")
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug
        for slug in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
        if slug not in taken
    )
