"""The form of the admin page that hides reviews."""

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from core.validators import PlainText
from reviews.models import LONGEST_REASON


class HideForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        validators=[PlainText(lines=True)],
        help_text="Reason that the authors see beside their reviews.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
