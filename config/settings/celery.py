"""Background tasks: the broker, the queues and the schedule."""

from datetime import timedelta

from celery.schedules import crontab
from kombu import Exchange, Queue

from config.settings.environment import env

# Without a broker the same tasks run in the server's own process (core/background.py).
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
CELERY_TASK_ALWAYS_EAGER = not CELERY_BROKER_URL
# Nobody waits for results; naming a Redis here keeps them for those who want to look.
CELERY_RESULT_BACKEND = env.str("CELERY_RESULT_BACKEND", default="") or None
CELERY_TASK_IGNORE_RESULT = CELERY_RESULT_BACKEND is None
# A killed worker's task goes back to its queue, and no worker hoards what others could do.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Quorum queues survive the loss of a broker's node.
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
# Whoever waits for a provider of events waits beside the mails and not before them.
CELERY_TASK_ROUTES = {"external_events.tasks.*": {"queue": "imports"}}
# A frozen broker may cost whoever publishes this much and no more.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "confirm_publish": True,
    "read_timeout": 5,
    "write_timeout": 5,
}
# Once more, at once: a connection that died since its last use is made anew only by a retry.
# Without it the beat's would stay dead after a restart of the broker.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker, however long
# A delivery that is under way when the broker goes is not cut off: it might be sent already.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # mails on the console stay mails
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = 10

# Whoever delivers a message has claimed it for this long. A task that takes longer is killed
# before the claim lapses, so that no second sender begins while the first is still at it.
DELIVERY_CLAIM_S = 60
CELERY_TASK_SOFT_TIME_LIMIT = DELIVERY_CLAIM_S - 10
CELERY_TASK_TIME_LIMIT = DELIVERY_CLAIM_S - 5
# The pauses before the next attempts, give or take a fifth; after the last one it is dead.
DELIVERY_PAUSES_S = [5, 20, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600]

CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # no file: each of these may run late or twice
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": every, "options": {"expires": expires}}
    for task, every, expires in (
        ("notifications.tasks.relay", timedelta(seconds=5), 60),
        ("rsvp.tasks.fan_out", timedelta(seconds=10), 60),
        ("rsvp.tasks.remind", timedelta(seconds=10), 60),
        ("rsvp.tasks.free_seats_of_inactive", timedelta(minutes=10), 600),
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
        ("core.tasks.forget_lapsed_limits", timedelta(minutes=10), 600),
        ("accounts.tasks.forget_dead_sessions", crontab(hour="3", minute="40"), 3600),
        ("accounts.tasks.sweep_pictures", crontab(hour="3", minute="50"), 3600),
        ("events.tasks.sweep_banners", crontab(hour="3", minute="55"), 3600),
    )
}
