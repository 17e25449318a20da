"""The pictures of imported events, fetched after the answer: they fail and slow down nothing."""

from datetime import timedelta

import structlog
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core import background
from core.errors import BadValue, RuleBroken
from core.http_client import Unreachable
from core.public_http import fetch_public
from core.images import uploads
from events.exceptions import EventNotFound
from events.selectors import BANNERS
from events.services.events import current, update_event
from events.services.tallies import lock_tally
from external_events.exceptions import BannerNotFetched
from external_events.models import Import
from external_events.services.following import banner_follows
from external_events.services.importing import FETCH_BANNERS

logger = structlog.get_logger(__name__)

# The pauses before another attempt; after the last one it stays without.
_PAUSES = (timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=6))
_CLAIM = timedelta(minutes=2)
_DEADLINE_S = 10


@transaction.atomic
def fetch_again(*, event_id: int) -> None:
    """Have the picture of an imported event fetched anew, behind the answer.

    Raises EventNotFound and BannerNotFetched.
    """
    lock_tally(event_id)
    event = current(event_id)
    imported = Import.objects.get(event_id=event_id)
    if not imported.image or not banner_follows(event, imported):
        raise BannerNotFetched
    Import.objects.filter(pk=event_id).update(
        banner=Import.Banner.DUE,
        banner_attempts=0,
        banner_due_at=timezone.now(),
        banner_error="",
    )
    background.nudge_on_commit(FETCH_BANNERS)


def fetch_next() -> bool:
    """Fetch the picture that is due the longest; False where none is.

    Safe to run twice at once: a row is claimed first.
    """
    now = timezone.now()
    due = Import.objects.filter(banner=Import.Banner.DUE, banner_due_at__lte=now)
    imported = due.order_by("banner_due_at").first()
    if imported is None:
        return False
    if imported.banner_attempts > len(_PAUSES):  # and whoever was at it the last time was killed
        _end(imported, Import.Banner.FAILED, "It broke off again and again.")
        return True
    imported.banner_attempts += 1
    is_mine = due.filter(pk=imported.pk).update(
        banner_due_at=now + _CLAIM, banner_attempts=imported.banner_attempts
    )
    if is_mine:
        _fetch(imported)
    return True


def _fetch(imported: Import) -> None:
    try:
        data = fetch_public(imported.image, max_bytes=uploads.MAX_BYTES, deadline_s=_DEADLINE_S)
        made = uploads.banners(SimpleUploadedFile("picture", data), field="banner")
        with BANNERS.stored(made) as key:
            _show(imported, key)
    except (_NotWanted, EventNotFound):
        _end(imported, Import.Banner.NONE)
    except BadValue as refusal:  # it is no picture, and will be none tomorrow
        _end(imported, Import.Banner.FAILED, str(refusal))
    except (Unreachable, RuleBroken) as error:
        _try_again(imported, str(error))


class _NotWanted(Exception):  # noqa: N818
    """The event has its own banner or needs none by now, or the provider has another picture."""


@transaction.atomic
def _show(imported: Import, key: str) -> None:
    """Raises _NotWanted, upon which the files are deleted."""
    lock_tally(imported.pk)
    event = current(imported.pk)
    row = Import.objects.get(pk=imported.pk)
    if row.image != imported.image or not banner_follows(event, row):
        raise _NotWanted
    update_event(event_id=event.pk, changes={"banner": key})
    row.written["banner"] = key
    row.banner, row.banner_due_at, row.banner_error = Import.Banner.DONE, None, ""
    row.save(update_fields=["written", "banner", "banner_due_at", "banner_error"])


def _end(imported: Import, state: Import.Banner, error: str = "") -> None:
    _still_due(imported).update(banner=state, banner_due_at=None, banner_error=error[:200])


def _still_due(imported: Import) -> QuerySet[Import]:
    """Its row, unless the provider has another picture by now, which is fetched next."""
    return Import.objects.filter(pk=imported.pk, banner=Import.Banner.DUE, image=imported.image)


def _try_again(imported: Import, error: str) -> None:
    attempts = imported.banner_attempts
    if attempts > len(_PAUSES):
        logger.info("imported_banner_given_up", event_id=imported.pk, error=error)
        _end(imported, Import.Banner.FAILED, error)
        return
    _still_due(imported).update(
        banner_due_at=timezone.now() + _PAUSES[attempts - 1], banner_error=error[:200]
    )
