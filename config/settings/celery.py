"""Background tasks: the broker, the queues and the schedule."""

from datetime import timedelta

from celery.schedules import crontab
from kombu import Exchange, Queue

from config.settings.environment import env
from config.settings.server import CORES

# Without a broker the tasks run in the process of the web server (core/background.py).
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
CELERY_TASK_ALWAYS_EAGER = not CELERY_BROKER_URL
# The product uses no results; a Redis URL here keeps them for operators.
CELERY_RESULT_BACKEND = env.str("CELERY_RESULT_BACKEND", default="") or None
CELERY_TASK_IGNORE_RESULT = CELERY_RESULT_BACKEND is None
# The task of a killed worker returns to its queue, and workers do not reserve tasks in advance.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = CORES  # the default is those of the machine, without quotas
# Quorum queues survive the loss of a node of the broker.
CELERY_TASK_QUEUES = [
    Queue(
        name,
        Exchange("booking", type="topic"),
        routing_key=name,
        queue_arguments={"x-queue-type": "quorum"},
    )
    for name in ("default", "mail", "push", "imports")
]
CELERY_TASK_DEFAULT_EXCHANGE = "booking"
CELERY_TASK_DEFAULT_EXCHANGE_TYPE = "topic"
CELERY_TASK_DEFAULT_ROUTING_KEY = "default"
CELERY_TASK_DEFAULT_QUEUE = "default"
# Tasks that wait for a provider have a queue of their own, so that they do not delay mail.
CELERY_TASK_ROUTES = {
    "external_events.tasks.*": {"queue": "imports"},
    # Not a new queue, because workers that were started before an upgrade serve only the old ones.
    "payments.tasks.*": {"queue": "push"},
}
# The longest delay by a frozen broker, in seconds.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True, "read_timeout": 5, "write_timeout": 5}
# One retry, because kombu replaces a broken connection only when it retries. Without it, beat would
# stay disconnected after a restart of the broker.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # workers wait for the broker without a limit
# A delivery continues when the broker is lost, because the message can already be sent.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # console mails are not log lines
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = 10

# A delivery claims its message for this long. The time limits of tasks are shorter, so that no
# second delivery of the message begins while the first one runs.
DELIVERY_CLAIM_S = 60
CELERY_TASK_SOFT_TIME_LIMIT = DELIVERY_CLAIM_S - 10
CELERY_TASK_TIME_LIMIT = DELIVERY_CLAIM_S - 5
# Pauses before the next attempts, plus or minus a fifth; after the last one delivery has failed.
DELIVERY_PAUSES_S = [5, 20, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600]

CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # needs no file: these tasks can run late or twice
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": every, "options": {"expires": expires}}
    for task, every, expires in (
        ("notifications.tasks.relay", timedelta(seconds=5), 60),
        ("rsvp.tasks.fan_out", timedelta(seconds=10), 60),
        ("rsvp.tasks.remind", timedelta(seconds=10), 60),
        ("rsvp.tasks.free_seats_of_inactive", timedelta(minutes=10), 600),
        ("payments.tasks.work_on_payments", timedelta(seconds=10), 60),
        ("reviews.tasks.ask_for_reviews", timedelta(minutes=1), 60),
        ("rsvp.tasks.send_digests", crontab(minute="0"), 3600),
        ("events.tasks.extend_series", crontab(minute="20"), 3600),
        ("external_events.tasks.work_on_runs", timedelta(seconds=10), 60),
        ("external_events.tasks.fetch_banners", timedelta(seconds=10), 60),
        ("external_events.tasks.look_at_imported", timedelta(minutes=5), 300),
        ("notifications.tasks.forget_old", crontab(hour="3", minute="30"), 3600),
        ("accounts.tasks.answer_mail_requests", timedelta(seconds=5), 60),
        ("accounts.tasks.retry_stale_snapshots", timedelta(seconds=5), 60),
        ("accounts.tasks.finish_erasures", timedelta(minutes=10), 600),
        ("config.tasks.forget_lapsed_limits", timedelta(minutes=10), 600),
        ("idempotency.tasks.forget_old_responses", crontab(minute="40"), 3600),
        ("accounts.tasks.forget_dead_sessions", crontab(hour="3", minute="40"), 3600),
        ("accounts.tasks.sweep_pictures", crontab(hour="3", minute="50"), 3600),
        ("events.tasks.sweep_banners", crontab(hour="3", minute="55"), 3600),
    )
}
