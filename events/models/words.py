"""The words that events are called by, for those who mistype them."""

from django.db import models


class Word(models.Model):
    """A word of the title or location of an event that was public: what a typo is corrected to.

    Folded (`events.search.folding`), 4 to 40 letters, no digits, of a script that divides words by
    spaces. A trigger writes them on PostgreSQL, so that no way of writing events can forget it; on
    SQLite there are none, and typos find nothing.
    """

    word = models.CharField(max_length=40, primary_key=True)

    def __str__(self) -> str:
        return self.word
