"""The two addresses of the compatible interface; its calls stand in `routes`."""

from django.urls import re_path

from recipients.compatible.entrance import answer_call
from recipients.compatible.oauth import oauth

app_name = "compatible"
urlpatterns = [
    re_path(r"^v3/(?P<rest>.*)$", answer_call, name="call"),
    re_path(r"^oauth/(?P<rest>.*)$", oauth, name="oauth"),
]
