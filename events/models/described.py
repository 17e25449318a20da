"""What a single event and a whole series say of themselves alike."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from config.validators import PlainText, validate_timezone


class Described(models.Model):
    title = models.CharField(max_length=200, validators=[PlainText()])
    description = models.TextField(
        max_length=20_000, blank=True, validators=[PlainText(lines=True)]
    )
    location = models.CharField(max_length=300, validators=[PlainText()])
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    timezone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text="IANA name; times sent without an offset are read in it.",
    )
    banner = models.CharField(
        max_length=64,
        blank=True,
        default="",
        editable=False,
        help_text="The key of its files; occurrences and copies share them.",
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title
