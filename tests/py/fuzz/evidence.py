"""What a program leaves behind in the database: a history that is undone with what is undone.

Each refresh, each look at the views and each word of the operator is written down in its own
transaction, together with all that this transaction sees. Where readings may go silently, row
triggers count what the product must count; they know nothing of days, statements and partitions.
"""

from __future__ import annotations

from oracle import COSTS, INPUTS, KWH
from plant import RAW_TABLE

TABLE = "fuzz.history"
TRIGGERS = ("fuzz_change", "fuzz_truncate")


def _texts(alias: str, names: tuple[str, ...]) -> str:
    """As text, for a number of JSON is none that is NaN, and is rounded by most."""
    return ", ".join(f"{alias}.{name}::text" for name in names)


SCHEMA = f"""
create schema fuzz;

create table fuzz.history (
    id bigint generated always as identity,
    kind text not null,
    detail json
) with (autovacuum_enabled = off);

create function fuzz.note_change() returns trigger
set search_path = pg_catalog, pg_temp
language plpgsql as $note$
begin
    if tg_op = 'TRUNCATE' then
        insert into fuzz.history (kind) values ('truncate');
        return null;
    end if;

    insert into fuzz.history (kind, detail)
    values (
        'change',
        json_build_array(
            case when tg_op <> 'INSERT'
                then json_build_array(extract(epoch from old.timestamp)::text, old.ahu_id, -1) end,
            case when tg_op <> 'DELETE'
                then json_build_array(extract(epoch from new.timestamp)::text, new.ahu_id, 1) end
        )
    );
    return null;
end
$note$;

-- all that the transaction sees
create function fuzz.look() returns json
set search_path = pg_catalog, pg_temp
language plpgsql as $look$
declare
    v_readings json;
begin
    -- Planned anew each time: on TimescaleDB 2.19.3 a kept plan was seen to miss a chunk after a
    -- drop_chunks that had been rolled back.
    execute $readings$
        select json_agg(json_build_array(
            extract(epoch from r.timestamp)::text, r.ahu_id, {_texts("r", INPUTS)}
        ))
        from {RAW_TABLE} as r
    $readings$
    into v_readings;

    return json_build_object(
        'readings', v_readings,
        'daily', (
            select json_agg(json_build_array(
                coalesce(c.day, k.day, s.day), coalesce(c.ahu_id, k.ahu_id, s.ahu_id), s.readings,
                extract(epoch from s.newest_reading)::text, {_texts("c", tuple(COSTS))},
                {_texts("k", tuple(KWH))}
            ))
            from ahu.mv_daily_ahu_costs as c
            full join ahu.mv_daily_ahu_kwh as k on k.day = c.day and k.ahu_id = c.ahu_id
            full join _ahu.daily_summary as s on s.day = k.day and s.ahu_id = k.ahu_id
        ),
        'monthly', (
            select json_agg(json_build_array(m.month, m.ahu_id, {_texts("m", tuple(COSTS))}))
            from ahu.mv_monthly_ahu_costs as m
        ),
        'log', (
            select json_agg(distinct jsonb_build_array(p.day, a.ahu_id))
            from _ahu.pending_changes as p
            left join lateral unnest(p.ahu_ids) as a (ahu_id) on true
        ),
        'quarantine', (
            select json_agg(json_build_array(
                q.day, q.ahu_id, q.stored_readings, q.raw_readings, q.net_readings
            ))
            from _ahu.quarantine as q
        ),
        'seen', (select json_agg(h.id) from fuzz.history as h)
    );
end
$look$;

create function fuzz.verified(from_day date, until_day date) returns json
set search_path = pg_catalog, pg_temp
language plpgsql as $verified$
begin
    return coalesce(
        (
            select json_agg(json_build_array(
                v.unit, v.day, v.ahu_id, v.reason, v.stored_readings, v.raw_readings, v.measures
            ))
            from ahu.verify_dashboard_views(from_day, until_day) as v
        ),
        '[]'
    );
end
$verified$;

-- a CALL and what it answered; verify: also what ahu.verify_dashboard_views says of some days
create function fuzz.note(kind text, detail json, statement text, verify daterange) returns void
set search_path = pg_catalog, pg_temp
language plpgsql as $note$
declare
    -- a CALL may have to wait, and sees more then
    v_before json := (select json_agg(h.id) from fuzz.history as h);
    v_answer record;
    v_verified json;
begin
    if statement is not null and kind in ('fold', 'resolve') then
        execute statement into v_answer;
    elsif statement is not null then
        execute statement;
    end if;

    if kind <> 'mark' then
        if verify is not null then
            v_verified := fuzz.verified(lower(verify), upper(verify) - 1);
        end if;
        detail := json_build_object(
            'said', detail,
            'before', v_before,
            'answer', case when kind in ('fold', 'resolve') then row_to_json(v_answer) end,
            'verified', v_verified,
            'span', case when verify is not null
                then json_build_array(lower(verify), upper(verify)) end,
            'look', fuzz.look()
        );
    end if;
    insert into fuzz.history (kind, detail) values (kind, detail);
end
$note$;
"""

TRACK = f"""
create trigger {TRIGGERS[0]} after insert or update or delete on {RAW_TABLE}
    for each row execute function fuzz.note_change();
create trigger {TRIGGERS[1]} after truncate on {RAW_TABLE}
    for each statement execute function fuzz.note_change();
"""
