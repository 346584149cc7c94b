"""Wiring: settings, URLs, Celery, the embedded services. No app imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
