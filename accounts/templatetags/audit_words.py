"""What an entry of the audit trail says beside its action: `{% load audit_words %}`."""

from django import template

from accounts.wording import details_of

register = template.Library()
register.filter("details", details_of)
