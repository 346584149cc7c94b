"""The WSGI application that the web server serves, and what each of its processes does beside."""

import os

from django.core.wsgi import get_wsgi_application

from backups.kept_files import tidy_beside

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
tidy_beside()
