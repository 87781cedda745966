-- Which files of SQL are in force here. Written by the installer, in the transaction that applies
-- them.
create table if not exists _ahu.ledger (
    path text primary key,
    checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
    version text not null,
    applied_at timestamptz not null default pg_catalog.clock_timestamp()
);

comment on table _ahu.ledger is
    'One row per file of SQL that is in force in this database.';
comment on column _ahu.ledger.path is
    'The file, below the folder sql/ of the package, without its template suffix.';
comment on column _ahu.ledger.checksum is
    'SHA-256 of the file as it was rendered for this site, in hexadecimal.';
comment on column _ahu.ledger.version is
    'The version of ahu-sql that applied it.';
comment on column _ahu.ledger.applied_at is
    'When it was applied.';

revoke all on table _ahu.ledger from public;
