"""WSGI application. Loads everything before the fork, so that no request waits for an import."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.celery import app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
app.loader.import_default_modules()
get_resolver().url_patterns  # noqa: B018  (loads every view)
