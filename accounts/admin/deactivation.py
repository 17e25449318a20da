"""The admin page that confirms a deactivation and shows its effects."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.authentication import signed_in
from accounts.deactivation import DeactivationEffect, effects
from accounts.models import User


class Deactivation:
    """The effects for these people, with the choices of the admin."""

    def __init__(self, request: HttpRequest, people: Sequence[User]) -> None:
        self.people = people
        self.is_confirmed = "confirmed" in request.POST
        data = request.POST if self.is_confirmed else None
        self._chosen: list[tuple[DeactivationEffect, forms.Form]] = []
        for effect in effects:
            form = effect.choices and effect.choices(data, signed_in(request), people)
            if form is not None:
                self._chosen.append((effect, form))
        self._forms = [form for _, form in self._chosen]

    def is_ready(self) -> bool:
        """Return whether the admin confirmed it, with valid choices."""
        return self.is_confirmed and all(form.is_valid() for form in self._forms)

    def carry_out(self, person: User) -> list[str]:
        """Apply the choices after the deactivation; return the results as sentences."""
        results: list[str] = []
        for effect, form in self._chosen:
            if effect.carry_out is not None:
                results += effect.carry_out(person, form.cleaned_data)
        return results

    def context(self) -> dict[str, Any]:
        descriptions = [effect.describe(self.people) for effect in effects]
        described = [
            (person, [lines[person.pk] for lines in descriptions if person.pk in lines])
            for person in self.people
        ]
        media = sum((form.media for form in self._forms), start=forms.Media())
        return {"described": described, "forms": self._forms, "media": media}
