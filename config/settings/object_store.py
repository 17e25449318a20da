"""An S3 bucket, or what speaks its protocol, as the place of uploaded pictures."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# For each answer of the store, and it is asked twice: an upload that fails is one write and one
# deletion, so that a store which is frozen costs a request about ten seconds and no more.
TIMEOUT_S = 1.5
ATTEMPTS = 2

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?")


def s3(url: str, *, endpoint: str, region: str, media_url: str) -> dict[str, Any]:
    """The line of STORAGES for `s3://bucket` or `s3://bucket/prefix`; asks the network nothing.

    Keys are where boto3 looks for them: the environment, its files, the machine's role.
    `media_url` is a CDN in front of the bucket, where it is an address.
    Raises ImproperlyConfigured.
    """
    bucket, prefix = _read(url)
    if endpoint and not _is_address(endpoint):
        raise ImproperlyConfigured(
            f"AWS_ENDPOINT_URL_S3={endpoint!r} is no address: write https://host or http://host."
        )
    # Only here: half of boto3 comes with it, and who keeps files on a disk needs none of it.
    from botocore.config import Config

    public = urlsplit(_public(bucket, endpoint=endpoint, region=region, media_url=media_url))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "location": prefix,
            "region_name": region,
            "endpoint_url": endpoint or None,
            # Given, or the library would ask boto3 for each address, half a millisecond each. And
            # unsigned: a signature lapses, and what changes with each answer is cached by nobody.
            "custom_domain": f"{public.netloc}{public.path}".rstrip("/"),
            "url_protocol": f"{public.scheme}:",
            "querystring_auth": False,
            # A key never gets other files, so there is nothing to ask before writing.
            "file_overwrite": True,
            "object_parameters": {
                "ContentType": "image/webp",
                "CacheControl": "public, max-age=31536000, immutable",
            },
            # Keys alone, as the library finds them, would leave out the token of a session.
            "access_key": None,
            "secret_key": None,
            "client_config": Config(
                connect_timeout=TIMEOUT_S,
                read_timeout=TIMEOUT_S,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                # Servers of one's own have one name for all buckets.
                s3={"addressing_style": "path" if endpoint else "auto"},
            ),
        },
    }


def _read(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    is_plain = not (parts.query or parts.fragment)
    if (
        parts.scheme != "s3"
        or not is_plain
        or not _BUCKET.fullmatch(parts.netloc)
        or not _PREFIX.fullmatch(parts.path)
    ):
        raise ImproperlyConfigured(
            f"STORAGE_URL={url!r} is no bucket: write s3://bucket or s3://bucket/prefix. Keys, "
            "region and endpoint have variables of their own (AWS_…)."
        )
    return parts.netloc, parts.path.strip("/")


def _public(bucket: str, *, endpoint: str, region: str, media_url: str) -> str:
    """Where anybody reads the bucket."""
    if _is_address(media_url):
        return media_url
    if endpoint:
        return f"{endpoint.rstrip('/')}/{bucket}"
    if "." in bucket:  # no certificate covers a dot more
        return f"https://s3.{region}.amazonaws.com/{bucket}"
    return f"https://{bucket}.s3.{region}.amazonaws.com"


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
