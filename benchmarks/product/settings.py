"""The product's settings, with the bare views of `benchmarks.product.urls`."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.product.urls"
