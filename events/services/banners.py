"""Store and delete the banner files of events and series."""

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
    """Store an upload in `banner`; yield the details with the key of its files instead.

    If the block raises an error, the files are deleted. Use it outside of transactions, because
    decoding and storing are slow and no lock should wait for them. Raises BadValue on `banner`,
    TooBusy and StorageUnavailable.
    """
    upload = details.get("banner")
    if not isinstance(upload, UploadedFile):
        yield details
        return
    with BANNERS.stored(banners(upload, field="banner")) as key:
        yield {**details, "banner": key}


def release(key: str) -> None:
    """Delete the files after the commit, unless another event or series shows them.

    Occurrences, copies and their series share a key. Code that copies a key to another row locks
    the first row, so that at least one row has the key when this checks.
    """
    if key:
        # Robust, because a failed deletion of files must not fail the request.
        transaction.on_commit(partial(_delete_unused, key), robust=True)


def _delete_unused(key: str) -> None:
    if not _shown([key]):
        BANNERS.delete(key)


def sweep_banners() -> int:
    """Delete banners that no row shows; return their number."""
    return BANNERS.sweep(known=_shown)


def _shown(keys: list[str]) -> set[str]:
    # The second condition is that of the partial index.
    rows = (
        model.objects.filter(banner__in=keys).exclude(banner="").values_list("banner", flat=True)
        for model in (Event, Series)
    )
    return {key for keys_of_model in rows for key in keys_of_model}
