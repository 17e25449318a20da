"""The page that asks before a deactivation, and shows its consequences."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.authentication import signed_in
from accounts.consequences import Consequence, consequences
from accounts.models import User


class Deactivation:
    """The consequences for these people, with the choices of the admin."""

    def __init__(self, request: HttpRequest, people: Sequence[User]) -> None:
        self.people = people
        self.is_confirmed = "confirmed" in request.POST
        data = request.POST if self.is_confirmed else None
        self._chosen: list[tuple[Consequence, forms.Form]] = []
        for each in consequences():
            form = each.choices and each.choices(data, signed_in(request), people)
            if form is not None:
                self._chosen.append((each, form))

    @property
    def forms(self) -> list[forms.Form]:
        return [form for _, form in self._chosen]

    def is_ready(self) -> bool:
        """Return whether the admin confirmed it, with valid choices."""
        return self.is_confirmed and all(form.is_valid() for form in self.forms)

    def described(self) -> list[tuple[User, list[str]]]:
        """Return each person with the sentences about them."""
        descriptions = [each.describe(self.people) for each in consequences()]
        return [
            (person, [lines[person.pk] for lines in descriptions if person.pk in lines])
            for person in self.people
        ]

    def carry_out(self, person: User) -> list[str]:
        """Apply the choices after the deactivation; return the results as sentences."""
        results: list[str] = []
        for each, form in self._chosen:
            if each.carry_out is not None:
                results += each.carry_out(person, form.cleaned_data)
        return results

    def context(self) -> dict[str, Any]:
        media = forms.Media()
        for form in self.forms:
            media += form.media
        return {"described": self.described(), "forms": self.forms, "media": media}
