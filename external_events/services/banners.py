"""Download the pictures of imported events, in the background."""

from datetime import datetime, timedelta

import structlog
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from core import background
from core.errors import BadValue, RuleBroken
from core.http_client import Unreachable
from core.images import uploads
from core.public_http import fetch_public
from events.exceptions import EventNotFound
from events.selectors import BANNERS
from events.services.events import get_event, update_event
from events.services.tallies import lock_tally
from external_events.exceptions import BannerNotFetched
from external_events.models import Import
from external_events.services.imports import FETCH_BANNERS
from external_events.services.updates import banner_follows

logger = structlog.get_logger(__name__)

# The pauses before further attempts; after the last attempt the event stays without a banner.
_PAUSES = (timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=6))
_CLAIM = timedelta(minutes=2)
_DEADLINE_S = 10


@transaction.atomic
def request_banner(*, event_id: int) -> None:
    """Download the picture of an imported event again, in the background.

    Raises EventNotFound and BannerNotFetched.
    """
    lock_tally(event_id)
    event = get_event(event_id)
    imported = Import.objects.get(event_id=event_id)
    if not imported.image or not banner_follows(event, imported):
        raise BannerNotFetched
    Import.objects.filter(pk=event_id).update(
        banner=Import.Banner.DUE, banner_attempts=0, banner_due_at=timezone.now(), banner_error=""
    )
    background.nudge_on_commit(FETCH_BANNERS)


def fetch_next_banner() -> bool:
    """Download the picture that has been due the longest; return False if none is due.

    Safe to run twice at once: a row is claimed first.
    """
    now = timezone.now()
    due = Import.objects.filter(banner=Import.Banner.DUE, banner_due_at__lte=now)
    imported = due.order_by("banner_due_at").first()
    if imported is None:
        return False
    if imported.banner_attempts > len(_PAUSES):  # and the process of the last attempt was killed
        _save(imported, Import.Banner.FAILED, "The download was interrupted several times.")
        return True
    imported.banner_attempts += 1
    is_claimed = due.filter(pk=imported.pk).update(
        banner_due_at=now + _CLAIM, banner_attempts=imported.banner_attempts
    )
    if is_claimed:
        _fetch(imported)
    return True


def _fetch(imported: Import) -> None:
    try:
        data = fetch_public(imported.image, max_bytes=uploads.MAX_BYTES, deadline_s=_DEADLINE_S)
        banner = uploads.banners(SimpleUploadedFile("picture", data), field="banner")
        with BANNERS.stored(banner) as key:
            _set_banner(imported, key)
    except (_NotWanted, EventNotFound):
        _save(imported, Import.Banner.NONE)
    except BadValue as error:  # not a picture: another attempt would not help
        _save(imported, Import.Banner.FAILED, str(error))
    except (Unreachable, RuleBroken) as error:
        _retry_later(imported, str(error))


class _NotWanted(Exception):  # noqa: N818
    """The event has its own banner or needs none any more, or the provider has a new picture."""


@transaction.atomic
def _set_banner(imported: Import, key: str) -> None:
    """Raises _NotWanted; the caller then deletes the files."""
    lock_tally(imported.pk)
    event = get_event(imported.pk)
    row = Import.objects.get(pk=imported.pk)
    if row.image != imported.image or not banner_follows(event, row):
        raise _NotWanted
    update_event(event_id=event.pk, changes={"banner": key})
    row.written["banner"] = key
    row.banner, row.banner_due_at, row.banner_error = Import.Banner.DONE, None, ""
    row.save(update_fields=["written", "banner", "banner_due_at", "banner_error"])


def _save(
    imported: Import, state: Import.Banner, error: str = "", due_at: datetime | None = None
) -> None:
    """Change nothing if the provider has a new picture, which is downloaded next."""
    row = Import.objects.filter(pk=imported.pk, banner=Import.Banner.DUE, image=imported.image)
    row.update(banner=state, banner_due_at=due_at, banner_error=error[:200])


def _retry_later(imported: Import, error: str) -> None:
    attempts = imported.banner_attempts
    if attempts > len(_PAUSES):
        logger.info("imported_banner_given_up", event_id=imported.pk, error=error)
        _save(imported, Import.Banner.FAILED, error)
    else:
        _save(imported, Import.Banner.DUE, error, timezone.now() + _PAUSES[attempts - 1])
