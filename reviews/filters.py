"""Query parameters of lists of reviews."""

from core.api.fields import FilterSet, YesNoFilter


class ReviewFilter(FilterSet):
    """Validates the parameters of `selectors.own_reviews` only."""

    mine = YesNoFilter(label="`true`: reviews that I wrote.")
    of_my_events = YesNoFilter(label="`true`: reviews of events that I organize.")
