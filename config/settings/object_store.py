"""Options of django-storages for pictures in an S3 bucket, or in a compatible store."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# Per attempt. A failed upload is one write and one deletion of two attempts each, so that a frozen
# store delays a request by about ten seconds.
TIMEOUT_S = 1.5
ATTEMPTS = 2

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?")


def s3(url: str, *, endpoint: str, region: str, media_url: str) -> dict[str, Any]:
    """Return the entry of STORAGES for `s3://bucket` or `s3://bucket/prefix`, without network.

    boto3 finds the keys: in the environment, its files, or the role of the machine. A `media_url`
    with a host is a CDN in front of the bucket. Raises ImproperlyConfigured.
    """
    bucket, prefix = _read(url)
    if endpoint and not _is_address(endpoint):
        raise ImproperlyConfigured(
            f"AWS_ENDPOINT_URL_S3={endpoint!r} is not a URL. Use https://host or http://host."
        )
    # Imported here, because servers without a bucket do not need boto3.
    from botocore.config import Config

    public = urlsplit(_public(bucket, endpoint=endpoint, region=region, media_url=media_url))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "location": prefix,
            "region_name": region,
            "endpoint_url": endpoint or None,
            # Without a domain the library computes each URL with boto3, which takes half a
            # millisecond. URLs are not signed: signatures expire, and prevent caching.
            "custom_domain": f"{public.netloc}{public.path}".rstrip("/"),
            "url_protocol": f"{public.scheme}:",
            "querystring_auth": False,
            # The files of a key never change, so no check is needed before writing.
            "file_overwrite": True,
            "object_parameters": {
                "ContentType": "image/webp",
                "CacheControl": "public, max-age=31536000, immutable",
            },
            # Else the library reads the keys itself, without the token of a session.
            "access_key": None,
            "secret_key": None,
            "client_config": Config(
                connect_timeout=TIMEOUT_S,
                read_timeout=TIMEOUT_S,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                # Self-hosted servers have one host name for all buckets.
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
            f"STORAGE_URL={url!r} is not a bucket. Use s3://bucket or s3://bucket/prefix, and set "
            "keys, region and endpoint with the AWS_… variables."
        )
    return parts.netloc, parts.path.strip("/")


def _public(bucket: str, *, endpoint: str, region: str, media_url: str) -> str:
    """Return the URL at which pictures can be read."""
    if _is_address(media_url):
        return media_url
    if endpoint:
        return f"{endpoint.rstrip('/')}/{bucket}"
    if "." in bucket:  # the certificate does not cover a further subdomain
        return f"https://s3.{region}.amazonaws.com/{bucket}"
    return f"https://{bucket}.s3.{region}.amazonaws.com"


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
