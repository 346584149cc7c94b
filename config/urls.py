"""Every address of Listkeep."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.views.home import home
from config.admin_site import site
from config.health import health
from config.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("health/", health, name="health"),
    path("metrics", metrics, name="metrics"),
    path("admin/", site.urls),
    path("auth/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("a/<int:account_id>/", include("accounts.urls")),
    path("a/<int:account_id>/", include("recipients.urls")),
    path("a/<int:account_id>/", include("imports.urls")),
    path("a/<int:account_id>/", include("backups.urls")),
]
