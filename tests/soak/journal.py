"""A journal that the database itself keeps of every state of every list, and of every end of a job.

Plain triggers, installed beside Listkeep and unknown to it. They run when a transaction commits, as a superuser whom no
policy binds: a list's rows are written down whenever its revision has been raised, the new row of a job whenever its
status has changed. Both bear the transaction's number, which says who changed what.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

Row = dict[str, Any]
Rows = dict[str, Row]

BASE = ("email", "registered_at", "activated_at", "deactivated_at", "bounced_at", "source", "tags")
JOBS = {"import": "imports_import", "deletion": "recipients_deletion", "backup": "backups_backup"}
LEFT_OUT = "'{preview,entered,sniffed,source,mapping}'"  # of the jobs' rows: long, and of no use here
DOER = "soak.doer"
"""Setting of a transaction of a person: the ids of the recipients that are changed by hand, as JSON; null: any."""

INSTALL = """
CREATE SCHEMA soak;
CREATE SEQUENCE soak.seq;
CREATE TABLE soak.state (
    seq bigint PRIMARY KEY DEFAULT nextval('soak.seq'), at timestamptz NOT NULL DEFAULT clock_timestamp(),
    txid bigint NOT NULL, account_id bigint NOT NULL, group_id bigint NOT NULL, before_revision bigint NOT NULL,
    revision bigint NOT NULL, doer text NOT NULL, fields json NOT NULL, rows json NOT NULL, contacts json NOT NULL,
    backups json NOT NULL, UNIQUE (group_id, txid)
);
CREATE TABLE soak.job (
    seq bigint PRIMARY KEY DEFAULT nextval('soak.seq'), at timestamptz NOT NULL DEFAULT clock_timestamp(),
    txid bigint NOT NULL, kind text NOT NULL, id uuid NOT NULL, old_status text NOT NULL, new_status text NOT NULL,
    job jsonb NOT NULL, group_revision bigint
);

CREATE FUNCTION soak.fields_of(account bigint, list bigint) RETURNS json STABLE LANGUAGE sql AS $$
    SELECT coalesce(json_agg(json_build_array(key, type, CASE WHEN group_id IS NULL THEN 'account' ELSE 'list' END)),
                    '[]')
    FROM public.recipients_field WHERE account_id = account AND (group_id IS NULL OR group_id = list)
$$;
CREATE FUNCTION soak.rows_of(account bigint, list bigint) RETURNS json STABLE LANGUAGE sql AS $$
    SELECT coalesce(json_agg(json_build_array(
        r.id, r.email, r.registered_at, r.activated_at, r.deactivated_at, r.bounced_at, r.source, r.tags, r.values,
        c.values, r.changed_in)), '[]')
    FROM public.recipients_recipient AS r
    LEFT JOIN public.recipients_contact AS c ON c.account_id = r.account_id AND c.email = r.email
    WHERE r.account_id = account AND r.group_id = list
$$;
CREATE FUNCTION soak.contacts_of(account bigint) RETURNS json STABLE LANGUAGE sql AS $$
    SELECT coalesce(json_object_agg(email, json_build_array(values, changed_in)), '{}')
    FROM public.recipients_contact WHERE account_id = account
$$;
CREATE FUNCTION soak.backups_of(list bigint) RETURNS json STABLE LANGUAGE sql AS $$
    SELECT coalesce(json_agg(json_build_array(id, revision, file_key, sha256, change_id, completed_at)), '[]')
    FROM public.backups_backup WHERE group_id = list AND status = 'complete'
$$;

CREATE FUNCTION soak.write_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO soak.state
        (txid, account_id, group_id, before_revision, revision, doer, fields, rows, contacts, backups)
    SELECT pg_current_xact_id()::text::bigint, g.account_id, g.id, OLD.revision, g.revision,
           coalesce(current_setting('soak.doer', true), ''),
           soak.fields_of(g.account_id, g.id), soak.rows_of(g.account_id, g.id), soak.contacts_of(g.account_id),
           soak.backups_of(g.id)
    FROM recipients_group AS g
    WHERE g.id = NEW.id AND NOT EXISTS (
        SELECT FROM soak.state AS s WHERE s.group_id = g.id AND s.txid = pg_current_xact_id()::text::bigint);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER soak_state AFTER UPDATE ON recipients_group DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.revision IS DISTINCT FROM NEW.revision) EXECUTE FUNCTION soak.write_state();

CREATE FUNCTION soak.write_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    job jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    INSERT INTO soak.job (txid, kind, id, old_status, new_status, job, group_revision)
    VALUES (pg_current_xact_id()::text::bigint, TG_ARGV[0], (job->>'id')::uuid, coalesce(was->>'status', ''),
            CASE WHEN TG_OP = 'DELETE' THEN '' ELSE job->>'status' END, job - LEFT_OUT::text[],
            (SELECT revision FROM recipients_group WHERE id = (job->>'group_id')::bigint));
    RETURN NULL;
END $$;
""".replace("LEFT_OUT", LEFT_OUT)
JOB_TRIGGERS = """
CREATE CONSTRAINT TRIGGER soak_job AFTER UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION soak.write_job('{kind}');
CREATE CONSTRAINT TRIGGER soak_job_ends AFTER INSERT OR DELETE ON {table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION soak.write_job('{kind}');
"""
PRESENT = """
    SELECT now(), account_id, id, revision, soak.fields_of(account_id, id)::text, soak.rows_of(account_id, id)::text,
           soak.contacts_of(account_id)::text
    FROM recipients_group ORDER BY id
"""


@dataclass(frozen=True)
class CatalogueRow:
    """A complete backup as the catalogue has it."""

    id: uuid.UUID
    revision: int
    file_key: str
    sha256: str
    change_id: uuid.UUID | None
    completed_at: datetime


@dataclass(frozen=True)
class State:
    """A list as one transaction left it. `backups` are the list's complete ones at that instant."""

    seq: int
    at: datetime
    txid: int
    account_id: int
    group_id: int
    before_revision: int
    revision: int
    doer: str
    fields: dict[str, str]  # key → scope
    rows: Rows
    ids: dict[str, int]  # address → the recipient's id
    contacts: dict[str, Row]
    changed_in: dict[str, int]  # address → the number of the recipient's last change
    contacts_changed_in: dict[str, int]  # and that of the account-wide values
    backups: list[CatalogueRow]


@dataclass(frozen=True)
class JobChange:
    """A job whose status became another one; empty is the status of a job that is not there."""

    seq: int
    at: datetime
    txid: int
    kind: str
    id: uuid.UUID
    old_status: str
    new_status: str
    job: dict[str, Any]
    group_revision: int | None


def install(admin_url: str) -> None:
    """Begin the journal in the database of that address, a superuser's."""
    with psycopg.connect(admin_url) as admin:
        admin.execute(INSTALL)
        for kind, table in JOBS.items():
            admin.execute(JOB_TRIGGERS.format(kind=kind, table=table))


def remove(admin_url: str) -> None:
    """End the journal; what it holds goes too."""
    with psycopg.connect(admin_url) as admin:
        admin.execute("DROP SCHEMA soak CASCADE")


def last_entry(admin_url: str) -> int:
    """The number of the last entry so far; 0 when there is none."""
    with psycopg.connect(admin_url) as admin:
        found = admin.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM soak.seq").fetchone()
    assert found is not None
    return int(found[0])


def read_states(admin_url: str, *, after: int = 0) -> list[State]:
    """The states since the entry with that number, in the order of their commits."""
    query = """
        SELECT seq, at, txid, account_id, group_id, before_revision, revision, doer, fields::text, rows::text,
               contacts::text, backups::text
        FROM soak.state WHERE seq > %s ORDER BY seq
    """
    with psycopg.connect(admin_url) as admin:
        return [as_state(found) for found in admin.execute(query, [after])]


def read_jobs(admin_url: str, *, after: int = 0) -> list[JobChange]:
    """What became of jobs since the entry with that number, in the order of the commits."""
    query = """
        SELECT seq, at, txid, kind, id, old_status, new_status, job, group_revision
        FROM soak.job WHERE seq > %s ORDER BY seq
    """
    with psycopg.connect(admin_url) as admin:
        return [JobChange(*found) for found in admin.execute(query, [after])]


def read_present(admin_url: str) -> list[State]:
    """Every list as it is at this moment."""
    with psycopg.connect(admin_url) as admin:
        found = admin.execute(PRESENT).fetchall()
    return [
        as_state((0, at, 0, account, group, revision, revision, "", fields, rows, contacts, "[]"))
        for at, account, group, revision, fields, rows, contacts in found
    ]


def forget(admin_url: str, *, until: int) -> None:
    """Leave out of the journal what has been read, up to that entry."""
    with psycopg.connect(admin_url) as admin:
        admin.execute("DELETE FROM soak.state WHERE seq <= %s", [until])
        admin.execute("DELETE FROM soak.job WHERE seq <= %s", [until])


def as_state(found: tuple[Any, ...]) -> State:
    """A row of the journal in Python's values."""
    seq, at, txid, account_id, group_id, before_revision, revision, doer, fields, rows, contacts, backups = found
    recipients = json.loads(rows, parse_float=Decimal)
    wide = json.loads(contacts, parse_float=Decimal)
    return State(
        seq=seq,
        at=at,
        txid=txid,
        account_id=account_id,
        group_id=group_id,
        before_revision=before_revision,
        revision=revision,
        doer=doer,
        fields={key: scope for key, _kind, scope in json.loads(fields)},
        rows={row["email"]: row for row in map(as_row, recipients)},
        ids={email: number for number, email, *_rest in recipients},
        contacts={email: values for email, (values, _number) in wide.items()},
        changed_in={found[1]: found[-1] for found in recipients},
        contacts_changed_in={email: number for email, (_values, number) in wide.items()},
        backups=[as_catalogue_row(one) for one in json.loads(backups)],
    )


def as_row(found: list[Any]) -> Row:
    """A recipient: what there is a value for."""
    _id, *base, values, contact, _changed_in = found
    row = dict(zip(BASE, base, strict=True)) | values | (contact or {})
    for name in BASE[1:5]:
        row[name] = row[name] and datetime.fromisoformat(row[name])
    return {name: value for name, value in row.items() if value not in (None, [])}


def as_catalogue_row(found: list[Any]) -> CatalogueRow:
    """A complete backup."""
    backup_id, revision, key, sha256, change_id, completed_at = found
    return CatalogueRow(
        id=uuid.UUID(backup_id),
        revision=revision,
        file_key=key,
        sha256=sha256,
        change_id=change_id and uuid.UUID(change_id),
        completed_at=datetime.fromisoformat(completed_at),
    )
