"""Every setting, by subject, from the environment.

`.env.example` and the documentation list each variable with its default.
"""

from config.settings.accounts import *
from config.settings.admin import *
from config.settings.api import *
from config.settings.base import *
from config.settings.cache import *
from config.settings.celery import *
from config.settings.database import *
from config.settings.environment import *
from config.settings.events import *
from config.settings.logging import *
from config.settings.notifications import *
from config.settings.payments import *
from config.settings.providers import *
from config.settings.security import *
from config.settings.server import *
from config.settings.storage import *
