FROM python:3.13-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt

FROM python:3.13-slim-bookworm
# A fixed number, so that clusters can check that it is not root, and volumes keep their owner.
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid app --create-home app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000
COPY --from=build /venv /venv
COPY manage.py ./
COPY config config
COPY core core
COPY notifications notifications
COPY accounts accounts
COPY idempotency idempotency
COPY events events
COPY payments payments
COPY rsvp rsvp
COPY external_events external_events
COPY reviews reviews
COPY analytics analytics
COPY demo demo
# Settings need a key of 32 characters to load; this one signs nothing and is not stored.
# media/ is the only folder that the server can write to; a new volume gets its owner.
RUN SECRET_KEY=for-the-build-only-signs-nothing python manage.py collectstatic --noinput \
    && install --directory --owner app --group app media
# Last, so that the server can't change its own code and static files.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/live/', timeout=4)"]
CMD ["gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
