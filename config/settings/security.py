"""HTTPS, proxies, cookies, headers and the sizes of requests."""

from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured

from config.settings.base import DEBUG
from config.settings.environment import env

# The number of own proxies in front. Only their headers about addresses and TLS are trusted.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# HTTPS=off is for trying production settings on a machine without TLS.
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Off by default: both affect other hosts of the domain, and the preload list of browsers keeps a
# domain for months.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    raise ImproperlyConfigured("HSTS_PRELOAD needs HSTS_INCLUDE_SUBDOMAINS=on (hstspreload.org).")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # the checks for these two
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
# The policy of API responses, which are data. core/content_security.py has those of pages.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "form-action": [csp.NONE],
        "frame-ancestors": [csp.NONE],
    }
}
# Limits of the parser and of ProblemMiddleware: 1 MB of JSON, 6 MB with an upload.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_MAX_SIZE = 6 * 1024 * 1024
# Uploads stay in memory, within these limits, so that a killed process leaves no files.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_SIZE
DATA_UPLOAD_MAX_NUMBER_FILES = 10
