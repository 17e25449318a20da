"""Banners of events: where their files lie, and how long."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from core.images.uploads import banners
from events.models import Event, Series
from events.selectors import BANNERS


@contextmanager
def stored(details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The details with the key of stored files in place of an upload in `banner`.

    The files are deleted where the body fails. Outside of every transaction: decoding and
    writing take their time, and the body's locks must not wait for them. Raises BadValue
    on `banner`, TooBusy and StorageUnavailable.
    """
    upload = details.get("banner")
    if not isinstance(upload, UploadedFile):
        yield details
        return
    with BANNERS.stored(banners(upload, field="banner")) as key:
        yield {**details, "banner": key}


def let_go(key: str) -> None:
    """A row no longer shows these files: delete them after the commit, unless another one does.

    Occurrences, copies and their series share a key. Whoever gives a row the key of another
    locks that other first: then the key is in some row whenever this looks.
    """
    if key:
        # Robust: the change is made, whatever becomes of the files that it no longer needs.
        transaction.on_commit(partial(_delete_unused, key), robust=True)


def _delete_unused(key: str) -> None:
    if not _shown([key]):
        BANNERS.delete(key)


def sweep_banners() -> int:
    """Delete banners that nothing shows, and say how many."""
    return BANNERS.sweep(known=_shown)


def _shown(keys: list[str]) -> set[str]:
    # The second condition is the index's own.
    rows = (
        model.objects.filter(banner__in=keys).exclude(banner="").values_list("banner", flat=True)
        for model in (Event, Series)
    )
    return {key for keys_of_model in rows for key in keys_of_model}
