"""Payment providers, and how long seats are held. A provider is on if its key is set."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
# Several while one is being replaced, separated by commas.
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRET", default=[])
STRIPE_BASE_URL = env.str("STRIPE_BASE_URL", default="").rstrip("/")  # empty: Stripe's own
PAYPAL_CLIENT_ID = env.str("PAYPAL_CLIENT_ID", default="")
PAYPAL_CLIENT_SECRET = env.str("PAYPAL_CLIENT_SECRET", default="")
PAYPAL_WEBHOOK_IDS = env.list("PAYPAL_WEBHOOK_ID", default=[])
PAYPAL_BASE_URL = env.str("PAYPAL_BASE_URL", default="").rstrip("/")  # empty: PayPal's own

# Stripe's pages live for at least 30 minutes, and seats are held as long as a page can be paid.
PAYMENT_HOLD_MINUTES = env.int("PAYMENT_HOLD_MINUTES", default=30)
if PAYMENT_HOLD_MINUTES < 30:
    raise ImproperlyConfigured("PAYMENT_HOLD_MINUTES must be 30 or more.")
# How long a promoted party can pay. Stripe's pages live for at most 24 hours.
OFFER_HOURS = env.int("OFFER_HOURS", default=24)
if not 1 <= OFFER_HOURS <= 24:
    raise ImproperlyConfigured("OFFER_HOURS must be between 1 and 24.")
