"""Uploaded and static files."""

from pathlib import Path
from typing import Any

from config.settings import object_store
from config.settings.base import DEBUG
from config.settings.environment import BASE_DIR, env

# Uploads are under MEDIA_ROOT, or in the bucket of STORAGE_URL.
MEDIA_URL = env.str("MEDIA_URL", default="media/")
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "media")))
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEBUG
STORAGE_URL = env.str("STORAGE_URL", default="")
STORAGES: dict[str, dict[str, Any]] = {
    "default": object_store.s3(
        STORAGE_URL,
        endpoint=env.str("AWS_ENDPOINT_URL_S3", default=""),
        region=env.str("AWS_DEFAULT_REGION", default="") or "us-east-1",
        media_url=MEDIA_URL,
    )
    if STORAGE_URL
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
