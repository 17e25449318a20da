"""The container image has the code of every app."""

import pytest
from django.apps import apps
from django.conf import settings

pytestmark = pytest.mark.embedded  # needs no server

PACKAGES = {"config"} | {
    app.name for app in apps.get_app_configs() if str(settings.BASE_DIR / app.name) == app.path
}


def test_image_has_the_code_of_every_app() -> None:
    lines = (settings.BASE_DIR / "Dockerfile").read_text().splitlines()
    assert {line.split()[1] for line in lines if line.startswith("COPY ")} >= PACKAGES


def test_build_context_has_the_code_of_every_app() -> None:
    lines = (settings.BASE_DIR / ".dockerignore").read_text().splitlines()
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} >= PACKAGES
