"""Providers of events. The variables of each provider are in its own folder."""

import runpy

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import BASE_DIR, env

# A provider is on if its key is set. Run, not imported: `config` imports nothing from above.
for _path in sorted((BASE_DIR / "external_events" / "providers").glob("*/settings.py")):
    _settings = runpy.run_path(str(_path))
    globals().update({name: value for name, value in _settings.items() if name.isupper()})

# Requests to each provider that one person can cause in a day, at most a tenth of the provider's
# daily quota. Cached results do not count.
PROVIDER_DAILY_REQUESTS_PER_PERSON = env.int("PROVIDER_DAILY_REQUESTS_PER_PERSON", default=250)
if PROVIDER_DAILY_REQUESTS_PER_PERSON < 1:
    raise ImproperlyConfigured("PROVIDER_DAILY_REQUESTS_PER_PERSON must be 1 or more.")
# Tests only: pictures of providers may be on this host.
PICTURES_FROM_LOOPBACK = False
