"""Processes and threads, chosen from the machine."""

from config.cores import usable_cores
from config.settings.cache import REDIS_URL
from config.settings.environment import env

CORES = usable_cores()
# Without Redis each process counts the rate limits for itself, so there is one process. More than
# eight need more connections than PostgreSQL has by default (docs/operations/scaling.md).
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", default=min(CORES, 8)) if REDIS_URL else 1
# Threads wait for the database, pictures and providers, so their number does not follow the cores.
WEB_THREADS = env.int("WEB_THREADS", default=8)
