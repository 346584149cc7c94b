"""Accounts (tenants), the users who belong to them, and what those users did.

Every table here but User is a tenant table: the database shows and takes only the rows of the account that
`accounts.tenancy` has set.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Creates users who are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user who can sign in with `email` and `password`; without a password nobody can sign in as them."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An operator, who may use the admin site."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person who signs in; what they may see follows from their memberships."""

    username = None  # type: ignore[assignment]  # people sign in with their e-mail address
    email = models.EmailField(_("e-mail address"), unique=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]  # replaces the manager that asks for a username


class Account(models.Model):
    """A customer: the tenant that every other row belongs to."""

    name = models.CharField(_("name"), max_length=200)
    automatic_backups = models.BooleanField(_("automatic backups"), default=True)
    # One backup a day of each list that changed, through interfaces too.
    daily_backups = models.BooleanField(_("daily backups"), default=False)
    # Members without a second factor see nothing of the account until they have set one up (accounts.gate).
    demands_second_factor = models.BooleanField(_("demands two-factor login"), db_default=False, default=False)
    retention_days = models.PositiveSmallIntegerField(_("days a backup is kept"), default=30)
    created_at = models.DateTimeField()
    # Since then an operator has it on hold: people look, nobody changes anything, no job begins, no backup is purged.
    held_at = models.DateTimeField(null=True)
    # Keys the digests of erased addresses, so that they say nothing to who has only them.
    erasure_key = models.UUIDField(db_default=models.Func(function="gen_random_uuid"), editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(retention_days__gte=1), name="accounts_account_keeps_backups_a_day_or_more"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do; each role may do what the ones before it may."""

    READER = "reader", _("Reader")
    EDITOR = "editor", _("Editor")
    OWNER = "owner", _("Owner")

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Membership(models.Model):
    """A user's place in an account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "user"], name="accounts_membership_once_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.account_id}: {self.role}"

    def may(self, role: Role) -> bool:
        """Whether this member may do what `role` may."""
        return Role(self.role).includes(role)


class InvitationState(models.TextChoices):
    """What has become of an invitation."""

    OPEN = "open", _("Open")
    EXPIRED = "expired", _("Expired")
    ACCEPTED = "accepted", _("Accepted")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Invitation(models.Model):
    """Somebody who was asked by e-mail to join an account.

    Who opens the link in the mail is who the address belongs to: the secret in it stands nowhere else.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the secret
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="accounts_invitation_one_pending_per_address",
            ),
            models.UniqueConstraint(fields=["account", "digest"], name="accounts_invitation_secret_once"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_invitation_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None),
                name="accounts_invitation_has_one_end",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.account_id}: {self.role}"

    def state(self, now: datetime) -> InvitationState:
        """What has become of it at `now`."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.withdrawn_at is not None:
            return InvitationState.WITHDRAWN
        return InvitationState.OPEN if now < self.expires_at else InvitationState.EXPIRED


class AuditAction(models.TextChoices):
    """What can stand in the audit trail."""

    ACCOUNT_CREATED = "account_created", _("Account created")
    ACCOUNT_RENAMED = "account_renamed", _("Account renamed")
    ACCOUNT_HELD = "account_held", _("Account put on hold")
    ACCOUNT_RELEASED = "account_released", _("Account taken off hold")
    ACCOUNT_CLOSED = "account_closed", _("Closing of the account begun")
    ACCOUNT_REOPENED = "account_reopened", _("Closing of the account taken back")
    ACCOUNT_EXPORTED = "account_exported", _("Export of the account made")
    ACCOUNT_EXPORT_FAILED = "account_export_failed", _("Export of the account failed")
    ACCOUNT_EXPORT_DOWNLOADED = "account_export_downloaded", _("Export of the account downloaded")
    ACCOUNT_DELETED = "account_deleted", _("Deletion of the account begun")
    AUTOMATIC_BACKUPS_ON = "automatic_backups_on", _("Automatic backups switched on")
    AUTOMATIC_BACKUPS_OFF = "automatic_backups_off", _("Automatic backups switched off")
    DAILY_BACKUPS_ON = "daily_backups_on", _("Daily backups switched on")
    DAILY_BACKUPS_OFF = "daily_backups_off", _("Daily backups switched off")
    RETENTION_CHANGED = "retention_changed", _("Days that backups are kept changed")
    GROUP_CREATED = "group_created", _("List created")
    GROUP_CHANGED = "group_changed", _("List settings changed")
    GROUP_BACKUPS_ON = "group_backups_on", _("Automatic backups of the list switched on")
    GROUP_BACKUPS_OFF = "group_backups_off", _("Automatic backups of the list switched off")
    GROUP_DELETED = "group_deleted", _("List deleted")
    GROUP_CLEARED = "group_cleared", _("List emptied")
    RECIPIENTS_DELETED = "recipients_deleted", _("Recipients deleted")
    FIELD_CREATED = "field_created", _("Field created")
    FIELD_CHANGED = "field_changed", _("Field renamed")
    FIELD_DELETED = "field_deleted", _("Field deleted")
    RECIPIENT_CHANGED = "recipient_changed", _("Recipient edited")
    BLOCKED = "blocked", _("Block list extended")
    UNBLOCKED = "unblocked", _("Block list shortened")
    IMPORT_STARTED = "import_started", _("Import started")
    IMPORT_DONE = "import_done", _("Import done")
    IMPORT_FAILED = "import_failed", _("Import failed")
    IMPORT_CANCELLED = "import_cancelled", _("Import cancelled")
    RESTORE_STARTED = "restore_started", _("Restore started")
    RESTORE_DONE = "restore_done", _("Restore done")
    RESTORE_FAILED = "restore_failed", _("Restore failed")
    RESTORE_CANCELLED = "restore_cancelled", _("Restore cancelled")
    GROUP_RESTORED = "group_restored", _("Deleted list restored")
    GROUP_EXPORTED = "group_exported", _("List downloaded")
    EXPORT_REQUESTED = "export_requested", _("Export file asked for")
    COMPARISON_DOWNLOADED = "comparison_downloaded", _("Comparison downloaded")
    PERSON_ERASED = "person_erased", _("Person erased")
    PERSON_READMITTED = "person_readmitted", _("Erased person let in again")
    BACKUPS_REWRITTEN = "backups_rewritten", _("Erased person removed from backups")
    BACKUP_MADE = "backup_made", _("Backup made")
    BACKUP_FAILED = "backup_failed", _("Backup failed")
    BACKUP_DOWNLOADED = "backup_downloaded", _("Backup downloaded")
    BACKUP_PURGED = "backup_purged", _("Backup deleted after its time")
    BACKUP_PINNED = "backup_pinned", _("Backup pinned")
    BACKUP_UNPINNED = "backup_unpinned", _("Backup unpinned")
    BACKUP_VERIFIED = "backup_verified", _("Backup verified")
    BACKUP_DAMAGED = "backup_damaged", _("Backup found damaged")
    VERIFICATION_ASKED_FOR = "verification_asked_for", _("Verification asked for")
    PURGE_ASKED_FOR = "purge_asked_for", _("Deletion of what is due asked for")
    JOB_RETRIED = "job_retried", _("Job tried again")
    RESTORE_DRILL = "restore_drill", _("Restore rehearsed")
    TOKEN_CREATED = "token_created", _("Interface token made")
    TOKEN_REVOKED = "token_revoked", _("Interface token revoked")
    RECIPIENTS_WRITTEN = "recipients_written", _("Recipients changed through an interface")
    MEMBER_INVITED = "member_invited", _("Person invited")
    INVITATION_SENT_AGAIN = "invitation_sent_again", _("Invitation sent again")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("Invitation withdrawn")
    MEMBER_JOINED = "member_joined", _("Person joined")
    ROLE_CHANGED = "role_changed", _("Role changed")
    MEMBER_REMOVED = "member_removed", _("Member removed")
    MEMBER_LEFT = "member_left", _("Member left")
    OWNERSHIP_TRANSFERRED = "ownership_transferred", _("Ownership transferred")
    TWO_FACTOR_ON = "two_factor_on", _("Authenticator app set up")
    TWO_FACTOR_OFF = "two_factor_off", _("Authenticator app switched off")
    PASSKEY_ADDED = "passkey_added", _("Passkey added")
    PASSKEY_RENAMED = "passkey_renamed", _("Passkey renamed")
    PASSKEY_REMOVED = "passkey_removed", _("Passkey removed")
    SECOND_FACTOR_REMOVED = "second_factor_removed", _("Second factor removed")
    SECOND_FACTOR_DEMANDED = "second_factor_demanded", _("Two-factor login demanded of everybody")
    SECOND_FACTOR_NOT_DEMANDED = "second_factor_not_demanded", _("Two-factor login no longer demanded")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("Recovery codes made")
    AUDIT_LOG_DOWNLOADED = "audit_log_downloaded", _("Audit log downloaded")


class Via(models.TextChoices):
    """The way by which something came about."""

    BROWSER = "browser", _("Browser")
    INTERFACE = "interface", _("Interface")
    LISTKEEP = "listkeep", "Listkeep"
    OPERATOR = "operator", _("Operator")


class AuditEntry(models.Model):
    """One thing that somebody, or Listkeep itself, did in an account. Never changed, never with recipients' data."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="audit_entries")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=40, choices=AuditAction)
    subject = models.CharField(max_length=300, blank=True)  # the list's or file's name, as it was then
    detail = models.JSONField(default=dict)
    via = models.CharField(max_length=10, choices=Via, blank=True)  # empty: from before this was kept
    # Personal data of who acted: accounts.tidying drops it after its time.
    address = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name = _("entry of the audit trail")
        verbose_name_plural = _("audit trail")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(address=None) | ~models.Q(via__in=["", Via.LISTKEEP]),
                name="accounts_auditentry_address_came_some_way",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "-at", "-id"], name="accounts_audit_newest_first"),
            models.Index(fields=["account", "actor"], name="accounts_audit_actors"),
            models.Index(
                fields=["account", "at"], condition=~models.Q(address=None), name="accounts_audit_with_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject}"


class ApiToken(models.Model):
    """A key with which a program uses the interface of one account, for as long as its maker may do the same by hand.

    The secret itself is kept nowhere; see `accounts.tokens`.
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and write")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)  # where it is used, in the words of who made it
    scope = models.CharField(_("may"), max_length=10, choices=Scope, default=Scope.READ)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the whole secret
    ending = models.CharField(max_length=4)  # of the secret, so that people know it again
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute: written no more often
    # Of the access tokens that were given out for it (accounts.access_tokens), only later ones count.
    access_ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("interface token")
        verbose_name_plural = _("interface tokens")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "id"], name="accounts_apitoken_id_in_account"),
            models.UniqueConstraint(fields=["account", "digest"], name="accounts_apitoken_digest_once"),
            models.CheckConstraint(
                condition=models.Q(scope__in=["read", "write"]), name="accounts_apitoken_scope_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.ending})"

    def may_write(self) -> bool:
        """Whether it may change anything."""
        return self.scope == self.Scope.WRITE

    def is_over(self, now: datetime) -> bool:
        """Whether it was revoked, or its time is over."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)


class ApiAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered, kept for a day so that it is carried out once only."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the request
    status = models.PositiveSmallIntegerField()
    content = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "token", "key"], name="accounts_apianswer_key_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["answered_at"], name="accounts_apianswer_oldest")]

    def __str__(self) -> str:
        return f"{self.token_id}: {self.status}"
