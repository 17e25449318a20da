"""Mails with an inline picture, which Django's own class does not support."""

from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from typing import Any, cast

from django.core.mail import EmailMultiAlternatives


class MailWithPicture(EmailMultiAlternatives):
    """A mail whose HTML shows an included PNG as `cid:<content_id>` (RFC 2387).

    The picture is beside the HTML, not among the attachments: mail programs do not list it.
    """

    def __init__(self, *args: Any, png: bytes = b"", content_id: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.png, self.content_id = png, content_id

    def message(self, *args: Any, **kwargs: Any) -> Any:
        message = super().message(*args, **kwargs)
        if self.png:
            for part in message.walk():
                if part.get_content_type() == "multipart/alternative":
                    alternatives = cast(list[Message], part.get_payload())
                    alternatives[-1] = self._related(alternatives[-1])
                    break
        return message

    def _related(self, html: Message) -> MIMEMultipart:
        picture = MIMEImage(self.png, "png")
        picture.add_header("Content-ID", f"<{self.content_id}>")
        picture.add_header("Content-Disposition", "inline", filename="ticket.png")
        return MIMEMultipart("related", None, [html, picture], type="text/html")
