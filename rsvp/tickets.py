"""Ticket codes: what somebody shows at the door.

Each is signed, and names its event, its RSVP, and the how-manieth ticket of that RSVP it is: who
gives seats back and takes some again has another one, and the old code is void. It holds no name
and no secret, and what it is worth is decided under the lock (`rsvp.check_in.check_ins`).
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import segno
from django.core import signing

from events.models import Event
from rsvp.exceptions import TicketUnknown
from rsvp.models import Rsvp

LONGEST_CODE = 150
_LOOK: dict[str, Any] = {"scale": 4, "border": 4, "dark": "#000", "light": "#fff"}
_signer = signing.Signer(salt="rsvp.ticket")


@dataclass(frozen=True)
class Ticket:
    rsvp_id: int
    ticket_no: int


def code_of(rsvp: Rsvp) -> str:
    return _signer.sign(f"{rsvp.event_id}.{rsvp.pk}.{rsvp.ticket_no}")


def read_code(code: str, *, event_id: int) -> Ticket:
    """Raises TicketUnknown: forged, cut off, or another event's."""
    try:
        numbers = _signer.unsign(code.strip()).split(".")
    except signing.BadSignature as error:
        raise TicketUnknown from error
    event, rsvp_id, ticket_no = (int(number) for number in numbers)
    if event != event_id:
        raise TicketUnknown
    return Ticket(rsvp_id, ticket_no)


def qr_svg(code: str) -> str:
    """The code as a picture that stands in a page by itself (ISO/IEC 18004, level M)."""
    svg: str = _qr(code).svg_inline(**_LOOK, svgclass=None, lineclass=None)
    return svg


def ticket_png(*, user_id: int, event_id: int) -> bytes:
    """Return the QR code of the person's ticket, in black on white; empty without a seat."""
    seats = Rsvp.objects.filter(user=user_id, event=event_id)
    going = seats.with_personal_status(Rsvp.Status.GOING)
    rsvp = going.filter(event__in=Event.objects.published()).first()
    if rsvp is None:
        return b""
    png = BytesIO()
    _qr(code_of(rsvp)).save(png, kind="png", **(_LOOK | {"scale": 8}))
    return png.getvalue()


def _qr(code: str) -> segno.QRCode:
    return segno.make_qr(code, error="m")
