"""Forms of the admin pages of payments."""

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget

_MOST_DAYS = 3660


class ComparisonForm(forms.Form):
    """Which payments to compare. `after` is the ID of the last one that was compared before."""

    days = forms.IntegerField(
        label="Days",
        initial=7,
        min_value=1,
        max_value=_MOST_DAYS,
        help_text="Maximum age of the payments.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    after = forms.IntegerField(
        initial=0, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput
    )
