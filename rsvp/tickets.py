"""Ticket codes, and their QR codes.

A code contains the event, the RSVP and the ticket's version number, with a signature. Giving up
seats increments the version and voids older codes. A code contains no name and no secret; whether
it is valid is decided under the lock of the seats (`rsvp.check_in.check_ins`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

import segno
from django.core import signing
from django.db.models import BigIntegerField
from PIL import Image, ImageOps

from core.database.statements import Parameter, Statement
from events.models import Event
from rsvp.exceptions import TicketUnknown
from rsvp.models import Rsvp

LONGEST_CODE = 150
_STYLE: dict[str, Any] = {"scale": 4, "border": 4, "dark": "#000", "light": "#fff"}
# To find the best of eight masks takes longer than the rest of a mail. Any mask can be scanned, and
# one is as good as another for a code that ends in a signature, which is as good as random.
MAIL_MASK = 1
_WHITE_OR_BLACK = [255] + 255 * [0]  # for each value of a module
_signer = signing.Signer(salt="rsvp.ticket")


@dataclass(frozen=True)
class Ticket:
    rsvp_id: int
    ticket_no: int


def code_of(rsvp: Rsvp) -> str:
    return _signer.sign(f"{rsvp.event_id}.{rsvp.pk}.{rsvp.ticket_no}")


def read_code(code: str, *, event_id: int) -> Ticket:
    """Raises TicketUnknown if the code is forged, cut off, or for another event."""
    try:
        numbers = _signer.unsign(code.strip()).split(".")
    except signing.BadSignature as error:
        raise TicketUnknown from error
    event, rsvp_id, ticket_no = (int(number) for number in numbers)
    if event != event_id:
        raise TicketUnknown
    return Ticket(rsvp_id, ticket_no)


def qr_svg(code: str) -> str:
    """Return a QR code (ISO/IEC 18004, level M) as an SVG to put into a page."""
    svg: str = _qr(code).svg_inline(**_STYLE, svgclass=None, lineclass=None)
    return svg


def ticket_png(*, user_id: int, event_id: int) -> bytes:
    """Return the QR code of the person's ticket, in black on white; empty without a seat."""
    for rsvp_id, ticket_no in _seats().rows(user=user_id, event=event_id):
        code = code_of(Rsvp(pk=rsvp_id, event_id=event_id, ticket_no=ticket_no))
        return _png(segno.make_qr(code, error="m", mask=MAIL_MASK).matrix)
    return b""


@cache
def _seats() -> Statement:
    user, event = (Parameter(name, BigIntegerField()) for name in ("user", "event"))
    going = Rsvp.objects.filter(user=user).with_personal_status(Rsvp.Status.GOING)
    seats = going.filter(event=event, event__in=Event.objects.published())
    return Statement.of(seats.order_by().values_list("pk", "ticket_no"))


def _png(matrix: Sequence[bytearray]) -> bytes:
    """Return the picture; Pillow writes it in a quarter of the time that segno takes."""
    size = len(matrix)
    modules = Image.frombytes("L", (size, size), b"".join(matrix)).point(_WHITE_OR_BLACK, "1")
    framed = ImageOps.expand(modules, border=_STYLE["border"], fill=1)
    png = BytesIO()
    ImageOps.scale(framed, 8, Image.Resampling.NEAREST).save(png, "PNG")
    return png.getvalue()


def _qr(code: str) -> segno.QRCode:
    return segno.make_qr(code, error="m")
