"""The pages of this app."""

from django.urls import URLPattern, URLResolver

app_name = "recipients"
urlpatterns: list[URLPattern | URLResolver] = []
