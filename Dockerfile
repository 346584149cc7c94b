# One image for every process of Listkeep: web, workers, beat and the jobs before them.

FROM python:3.11-slim AS packages
COPY requirements.lock /
RUN python -m venv /srv/packages \
 && /srv/packages/bin/pip install --no-cache-dir --require-hashes -r /requirements.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv/listkeep --shell /usr/sbin/nologin listkeep
ENV PATH=/srv/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LISTKEEP_DEBUG=0 \
    LISTKEEP_VAR=/srv/var \
    STATIC_ROOT=/srv/static
COPY --from=packages /srv/packages /srv/packages
WORKDIR /srv/listkeep
COPY . .
# The key only lets settings load while the files are collected; it is not in the image's environment.
RUN python -m compileall -q . \
 && python -m config.translations compile \
 && SECRET_KEY=collectstatic python manage.py collectstatic --no-input \
 && install --directory --owner=listkeep --mode=700 /srv/var
USER listkeep
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
