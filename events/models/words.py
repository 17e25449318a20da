"""Known words, to which typos in searches are corrected."""

from django.db import models


class Word(models.Model):
    """A word of the title or location of an event that is or was public.

    Folded (`events.search.folding`), 4 to 40 letters, without digits, in a script that separates
    words by spaces. On PostgreSQL a trigger inserts the words, so that no code that writes events
    can forget it. On SQLite there are none, and typos are not corrected.
    """

    word = models.CharField(max_length=40, primary_key=True)

    def __str__(self) -> str:
        return self.word
