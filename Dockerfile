# One image for every process of Listkeep: web, workers, beat and the jobs before them.

FROM python:3.11.16-slim-bookworm AS packages
COPY requirements.lock /
RUN python -m venv /srv/packages \
 && /srv/packages/bin/pip install --no-cache-dir --require-hashes -r /requirements.lock

FROM python:3.11.16-slim-bookworm AS application
RUN useradd --no-create-home --uid 10001 --home-dir /srv/listkeep --shell /usr/sbin/nologin listkeep
ENV PATH=/srv/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LISTKEEP_DEBUG=0 \
    LISTKEEP_VAR=/srv/scratch \
    TMPDIR=/srv/scratch \
    STATIC_ROOT=/srv/static
COPY --from=packages /srv/packages /srv/packages
WORKDIR /srv/listkeep
COPY . .
# Readable by everybody, whatever the rights of the files that were checked out. The settings lead nowhere and are not in
# the image's environment: they only let the commands load.
RUN chmod -R u=rwX,go=rX . \
 && python -m compileall -q . \
 && python -m config.translations compile \
 && install --directory --owner=listkeep --mode=700 /srv/scratch \
 && export SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(50))') ALLOWED_HOSTS=image \
      DATABASE_URL=postgresql://nobody@nowhere/none REDIS_URL=rediss://:none@nowhere STORAGE_URL=file:///srv/scratch \
 && python manage.py collectstatic --no-input \
 && python manage.py check --deploy --fail-level WARNING
USER listkeep
# Uploads and files that are being read: on a disk, because they may be larger than memory.
VOLUME /srv/scratch
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s CMD ["python", "-m", "config.health"]
CMD ["gunicorn", "config.wsgi", "--config", "python:config.web_server"]
