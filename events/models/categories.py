"""Categories and tags of events."""

from django.db import models
from django.db.models.functions import Lower

from core.validators import PlainText


class Category(models.Model):
    """The subject of an event, from a list that admins edit."""

    name = models.CharField(max_length=80, validators=[PlainText()])
    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True)
    description = models.TextField(max_length=1000, blank=True, validators=[PlainText(lines=True)])

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="category_name_unique",
                violation_error_message="Another category has this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A keyword of an event; organizers can add tags."""

    name = models.CharField(max_length=50, validators=[PlainText()])
    slug = models.SlugField(max_length=50, unique=True, allow_unicode=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="tag_name_unique",
                violation_error_message="Another tag has this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name
