-- The golden privilege matrix. Each object that exists has a row here, and each row an object: what
-- is new must be written down, with what each role may do to it; empty means nothing at all.
select plan(13);

create function pg_temp.privileges_of(object_type text, object oid, role_name text)
returns text
language sql
as $privileges_of$
    select
        coalesce(string_agg(p.name, ', ' order by p.place), '')
    from (
        values
            ('schema', 1, 'usage'),
            ('schema', 2, 'create'),
            ('database', 1, 'connect'),
            ('database', 2, 'temporary'),
            ('database', 3, 'create'),
            ('relation', 1, 'select'),
            ('relation', 2, 'insert'),
            ('relation', 3, 'update'),
            ('relation', 4, 'delete'),
            ('relation', 5, 'truncate'),
            ('relation', 6, 'references'),
            ('relation', 7, 'trigger'),
            ('relation', 8, 'maintain'),
            ('sequence', 1, 'usage'),
            ('sequence', 2, 'select'),
            ('sequence', 3, 'update'),
            ('routine', 1, 'execute')
    ) as p (object_type, place, name)
    where p.object_type = privileges_of.object_type
        -- PostgreSQL has it from 17 on.
        and (p.name <> 'maintain' or current_setting('server_version_num')::integer >= 170000)
        and case p.object_type
            when 'schema' then has_schema_privilege(role_name, object, p.name)
            when 'database' then has_database_privilege(role_name, object, p.name)
            when 'relation' then has_table_privilege(role_name, object, p.name)
            when 'sequence' then has_sequence_privilege(role_name, object, p.name)
            when 'routine' then has_function_privilege(role_name, object, p.name)
        end
$privileges_of$;

create view pg_temp.objects as
select
    'schema' as object_type,
    n.nspname::text as name,
    n.oid
from pg_namespace as n
where n.nspname in ('ahu', '_ahu', 'ahu_data', 'public')
union all
select
    'database',
    'this database',
    d.oid
from pg_database as d
where d.datname = current_database()
union all
select
    case c.relkind when 'S' then 'sequence' else 'relation' end,
    format('%s.%s', n.nspname, c.relname),
    c.oid
from pg_class as c
join pg_namespace as n
    on n.oid = c.relnamespace
where n.nspname in ('ahu', '_ahu', 'ahu_data')
    and c.relkind not in ('i', 'I', 't', 'c')
union all
select
    'routine',
    format('%s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
    p.oid
from pg_proc as p
join pg_namespace as n
    on n.oid = p.pronamespace
where n.nspname in ('ahu', '_ahu', 'ahu_data');

create view pg_temp.actual_matrix as
select
    o.object_type,
    o.name,
    pg_temp.privileges_of(o.object_type, o.oid, 'ahu_read') as ahu_read,
    pg_temp.privileges_of(o.object_type, o.oid, 'ahu_write') as ahu_write,
    pg_temp.privileges_of(o.object_type, o.oid, 'ahu_pgbouncer') as ahu_pgbouncer,
    pg_temp.privileges_of(o.object_type, o.oid, 'pg_monitor') as pg_monitor,
    pg_temp.privileges_of(o.object_type, o.oid, 'public') as everybody
from pg_temp.objects as o;

select set_eq(
    'select name, ahu_read, ahu_write, everybody from pg_temp.actual_matrix
        where object_type = ''schema''',
    $$
        values
            --              ahu_read  ahu_write  PUBLIC
            ('ahu',         'usage',  'usage',   ''),
            ('_ahu',        '',       '',        ''),
            ('ahu_data',    '',       'usage',   ''),
            ('public',      'usage',  'usage',   'usage')
    $$,
    'schemas: all may be done that the matrix says, and nothing else'
);

-- What PUBLIC has here is PostgreSQL's own default.
select set_eq(
    'select name, ahu_read, ahu_write, everybody from pg_temp.actual_matrix
        where object_type = ''database''',
    $$
        values (
            'this database', 'connect, temporary', 'connect, temporary', 'connect, temporary'
        )
    $$,
    'database: all may be done that the matrix says, and nothing else'
);

select set_eq(
    'select name, ahu_read, ahu_write, everybody from pg_temp.actual_matrix
        where object_type = ''relation''',
    $$
        values
            --                            ahu_read  ahu_write                         PUBLIC
            ('ahu.connections',           '',       '',                               ''),
            ('ahu.freshness',             'select', '',                               ''),
            ('ahu.long_running_queries',  '',       '',                               ''),
            ('ahu.mv_daily_ahu_costs',    'select', '',                               ''),
            ('ahu.mv_daily_ahu_kwh',      'select', '',                               ''),
            ('ahu.mv_monthly_ahu_costs',  'select', '',                               ''),
            ('ahu.refresh_runs',          'select', '',                               ''),
            ('ahu.settings',              '',       '',                               ''),
            ('_ahu.activity',             '',       '',                               ''),
            ('_ahu.daily_rollup',         '',       '',                               ''),
            ('_ahu.daily_summary',        '',       '',                               ''),
            ('_ahu.ledger',               '',       '',                               ''),
            ('_ahu.object_state',         '',       '',                               ''),
            ('_ahu.monthly_rollup',       '',       '',                               ''),
            ('_ahu.monthly_summary',      '',       '',                               ''),
            ('_ahu.pending_changes',      '',       '',                               ''),
            ('_ahu.quarantine',           '',       '',                               ''),
            ('_ahu.refresh_run',          '',       '',                               ''),
            ('_ahu.refresh_turn',         '',       '',                               ''),
            ('_ahu.retained_summary',     '',       '',                               ''),
            ('_ahu.role_limits',          '',       '',                               ''),
            ('_ahu.site_grants',          '',       '',                               ''),
            ('_ahu.site_revokes',         '',       '',                               ''),
            ('_ahu.source',               '',       '',                               ''),
            ('ahu_data.energy_readings',  '',       'select, insert, update, delete', '')
    $$,
    'relations: all may be done that the matrix says, and nothing else'
);

select set_eq(
    'select name, ahu_read, ahu_write, everybody from pg_temp.actual_matrix
        where object_type = ''sequence''',
    $$
        values
            --                               ahu_read  ahu_write  PUBLIC
            ('_ahu.refresh_run_run_id_seq',  '',       '',        '')
    $$,
    'sequences: all may be done that the matrix says, and nothing else'
);

select set_eq(
    'select name, ahu_read, ahu_write, everybody from pg_temp.actual_matrix
        where object_type = ''routine''',
    $$
        values
            -- ahu_read, ahu_write, PUBLIC
            ('ahu.refresh_dashboard_views(IN wait_for interval, IN max_days integer, '
                'INOUT outcome text, INOUT days integer, INOUT keys bigint, '
                'INOUT readings bigint, INOUT quarantined bigint, INOUT days_pending integer)',
                '', 'execute', ''),
            ('ahu.pgbouncer_login(login text)', '', '', ''),
            ('ahu.readings(from_time timestamp with time zone, '
                'until_time timestamp with time zone, ahu_ids text[])',
                'execute', '', ''),
            ('ahu.mark_changed(IN from_day date, IN until_day date, IN ahu_ids text[], '
                'IN trust_raw boolean)',
                '', '', ''),
            ('ahu.resolve_quarantine(IN from_day date, IN until_day date, IN ahu_ids text[], '
                'IN how text, INOUT keys bigint)',
                '', '', ''),
            ('ahu.schedule_refresh(IN every interval, INOUT scheduler text, INOUT job_id bigint)',
                '', '', ''),
            ('ahu.unschedule_refresh()', '', '', ''),
            ('ahu.verify_dashboard_views(from_day date, until_day date)', '', '', ''),
            ('_ahu.acquire_refresh_lock(wait_for interval)', '', '', ''),
            ('_ahu.adopt_native()', '', '', ''),
            ('_ahu.blinds_triggers(raw_table regclass)', '', '', ''),
            ('_ahu.check_refresh_job(config jsonb)', '', '', ''),
            ('_ahu.current_job()', 'execute', '', ''),
            ('_ahu.day_span(first_day date, last_day date, OUT from_time timestamp with time zone, '
                'OUT until_time timestamp with time zone)',
                '', '', ''),
            ('_ahu.describe_columns()', '', '', ''),
            ('_ahu.describe_objects()', '', '', ''),
            ('_ahu.describe_relations()', '', '', ''),
            ('_ahu.describe_rights()', '', '', ''),
            ('_ahu.describe_roles()', '', '', ''),
            ('_ahu.describe_routines()', '', '', ''),
            ('_ahu.differing_days(from_day date, until_day date)', '', '', ''),
            ('_ahu.differing_months(month date)', '', '', ''),
            ('_ahu.extension_version(extension name)', '', '', ''),
            ('_ahu.extent(OUT newest_day date, OUT newest_reading timestamp with time zone)',
                'execute', '', ''),
            ('_ahu.fill_native()', '', '', ''),
            ('_ahu.fold(IN days date[], INOUT keys bigint, INOUT readings bigint, '
                'INOUT quarantined bigint)',
                '', '', ''),
            ('_ahu.fold_days(days date[])', '', '', ''),
            ('_ahu.fold_month(IN month date, IN ahu_ids text[])', '', '', ''),
            ('_ahu.hold_readings(IN from_day date, IN until_day date)', '', '', ''),
            ('_ahu.is_concurrent(rollup regclass)', '', '', ''),
            ('_ahu.is_granted(object_type text, object_name text, privilege text, grantee text)',
                '', '', ''),
            ('_ahu.is_hypertable(raw_table regclass)', '', '', ''),
            ('_ahu.is_low_traffic(instant timestamp with time zone)', '', '', ''),
            ('_ahu.is_tracked()', 'execute', '', ''),
            ('_ahu.kwh_per_unit(unit text)', '', '', ''),
            ('_ahu.leave_site()', '', '', ''),
            ('_ahu.limit_role(IN role_name text, IN setting text, IN value text)', '', '', ''),
            ('_ahu.limit_state()', '', '', ''),
            ('_ahu.local_day(instant timestamp with time zone)', '', '', ''),
            ('_ahu.lookback_from_day(instant timestamp with time zone)', '', '', ''),
            ('_ahu.mark_backfill()', '', '', ''),
            ('_ahu.mark_lookback()', '', '', ''),
            ('_ahu.may_grow(raw_table regclass)', '', '', ''),
            ('_ahu.note_deleted()', '', '', ''),
            ('_ahu.note_deleted_reading()', '', '', ''),
            ('_ahu.note_inserted()', '', '', ''),
            ('_ahu.note_action()', '', '', ''),
            ('_ahu.note_moved()', '', '', ''),
            ('_ahu.stays_in_partition(leaf regclass, reading anyelement)', '', '', ''),
            ('_ahu.note_revised()', '', '', ''),
            ('_ahu.note_truncated()', '', '', ''),
            ('_ahu.note_updated()', '', '', ''),
            ('_ahu.our_triggers()', '', '', ''),
            ('_ahu.pg_cron_command()', '', '', ''),
            ('_ahu.pg_cron_expression(every interval)', '', '', ''),
            ('_ahu.pg_cron_job()', '', '', ''),
            ('_ahu.pg_cron_schedule(IN every interval, INOUT job_id bigint)', '', '', ''),
            ('_ahu.pg_cron_unschedule()', '', '', ''),
            ('_ahu.pg_cron_unveil()', '', '', ''),
            (
                '_ahu.missing_in_raw(ahu_ids text[], times timestamp with time zone[])', '', '', ''
            ),
            ('_ahu.raw_days(from_day date)', '', '', ''),
            ('_ahu.raw_extent(OUT oldest_day date, OUT newest_day date)', '', '', ''),
            ('_ahu.raw_state(OUT summed_as bigint, OUT parts bigint)', '', '', ''),
            ('_ahu.refresh_job(IN job_id integer, IN config jsonb)', '', '', ''),
            ('_ahu.refresh_lock()', '', '', ''),
            ('_ahu.refresh_native(INOUT outcome text, INOUT days integer, INOUT keys bigint, '
                'INOUT readings bigint)',
                '', '', ''),
            ('_ahu.remember_turn()', '', '', ''),
            ('_ahu.repair_month(IN month date, IN ahu_ids text[])', '', '', ''),
            ('_ahu.require_additions(IN days date[], IN ahu_ids text[])', '', '', ''),
            ('_ahu.require_filled()', '', '', ''),
            ('_ahu.require_keys(IN from_day date, IN until_day date, IN ahu_ids text[], '
                'IN call_format text)',
                '', '', ''),
            ('_ahu.require_readings(IN raw_table regclass)', '', '', ''),
            ('_ahu.require_turn()', '', '', ''),
            ('_ahu.scheduler()', '', '', ''),
            ('_ahu.site()', '', '', ''),
            ('_ahu.summarise_readings(from_time timestamp with time zone, '
                'until_time timestamp with time zone, ahu_ids text[])',
                '', '', ''),
            ('_ahu.summed_as(raw_table oid)', '', '', ''),
            ('_ahu.take_turn()', '', '', ''),
            ('_ahu.timescaledb_job()', '', '', ''),
            ('_ahu.timescaledb_schedule(IN every interval, INOUT job_id bigint)', '', '', ''),
            ('_ahu.timescaledb_unschedule()', '', '', ''),
            ('_ahu.trigger_state()', '', '', ''),
            ('_ahu.wanted_grants()', '', '', ''),
            ('_ahu.wanted_limits()', '', '', ''),
            ('_ahu.wanted_revokes()', '', '', ''),
            ('_ahu.wanted_triggers()', '', '', ''),
            ('_ahu.whole_extent(OUT oldest_day date, OUT newest_day date)', '', '', '')
    $$,
    'routines: all may be done that the matrix says, and nothing else'
);

-- The pooler's own role has so little that it needs no column of its own above.
select set_eq(
    'select name, ahu_pgbouncer from pg_temp.actual_matrix where ahu_pgbouncer <> ''''',
    $$
        values
            ('ahu',                               'usage'),
            ('public',                            'usage'),
            ('this database',                     'connect, temporary'),
            ('ahu.pgbouncer_login(login text)',   'execute')
    $$,
    'ahu_pgbouncer: it may look up passwords, and what everybody may'
);
-- Nor has PostgreSQL's role for who watches, in our schemas.
select set_eq(
    $$
        select
            m.name,
            m.pg_monitor
        from pg_temp.actual_matrix as m
        where m.pg_monitor <> ''
            and m.name ~ '^_?ahu'
    $$,
    $$
        values
            ('ahu',                       'usage'),
            ('ahu.connections',           'select'),
            ('ahu.freshness',             'select'),
            ('ahu.long_running_queries',  'select'),
            ('ahu.refresh_runs',          'select'),
            ('_ahu.current_job()',        'execute'),
            ('_ahu.extent(OUT newest_day date, OUT newest_reading timestamp with time zone)',
                'execute'),
            ('_ahu.is_tracked()',         'execute')
    $$,
    'pg_monitor: it may read what an operator watches, with what that calls'
);

create function pg_temp.of_freshness()
returns text
return 'view_name, newest_day, newest_reading, pending_days, pending_since, backfill_days, '
    'quarantined_keys, last_refresh, last_duration, is_stale, is_tracked, scheduler, job_id, '
    'job_schedule, job_last_run, job_next_run, job_last_error, job_last_error_at, pending_keys';
create function pg_temp.of_runs()
returns text
return 'run_id, started_at, finished_at, duration, called_by, outcome, days, keys, readings, '
    'quarantined, days_pending';

-- A right on a column alone does not show above; one on a relation is one on all its columns.
select set_eq(
    $$
        select
            format('%s.%s', n.nspname, c.relname) as relation,
            r.name as role_name,
            p.name as privilege,
            string_agg(a.attname, ', ' order by a.attnum) as columns
        from pg_class as c
        join pg_namespace as n
            on n.oid = c.relnamespace
        join pg_attribute as a
            on a.attrelid = c.oid
        cross join (values ('ahu_read'), ('ahu_write'), ('ahu_pgbouncer'), ('pg_monitor'),
            ('public')) as r (name)
        cross join (values ('select'), ('insert'), ('update'), ('references')) as p (name)
        where n.nspname in ('ahu', '_ahu', 'ahu_data')
            and c.relkind not in ('i', 'I', 't', 'c', 'S')
            and a.attnum > 0
            and not a.attisdropped
            and has_column_privilege(r.name, c.oid, a.attnum, p.name)
        group by 1, 2, 3
    $$,
    $$
        select
            o.relation,
            o.role_name,
            p.name,
            o.columns
        from (
            values
                ('ahu.connections', 'pg_monitor', array['select'],
                    'role_name, alias, state, connections, longest, role_connections, role_limit, '
                    'server_connections, server_limit'),
                ('ahu.freshness', 'ahu_read', array['select'], pg_temp.of_freshness()),
                ('ahu.freshness', 'pg_monitor', array['select'], pg_temp.of_freshness()),
                ('ahu.long_running_queries', 'pg_monitor', array['select'],
                    'pid, role_name, alias, application_name, client_addr, state, state_since, '
                    'started_at, running_for, waits_for, blocked_by, query'),
                ('ahu.mv_daily_ahu_costs', 'ahu_read', array['select'],
                    'day, ahu_id, steam_cost, cold_water_cost, electricity_cost, total_cost'),
                ('ahu.mv_daily_ahu_kwh', 'ahu_read', array['select'],
                    'day, ahu_id, hcv_kwh, dh_hcv_kwh, ccv_kwh, pc_ccv_kwh, electricity_kwh'),
                ('ahu.mv_monthly_ahu_costs', 'ahu_read', array['select'],
                    'month, ahu_id, steam_cost, cold_water_cost, electricity_cost, total_cost'),
                ('ahu.refresh_runs', 'ahu_read', array['select'], pg_temp.of_runs()),
                ('ahu.refresh_runs', 'pg_monitor', array['select'], pg_temp.of_runs()),
                ('ahu_data.energy_readings', 'ahu_write', array['select', 'insert', 'update'],
                    'timestamp, ahu_id, ccv_cold_water_kwh, ac_ccv_cold_water_kwh, '
                    'pc_ccv_cold_water_kwh, hcv_steam_kwh, ac_hcv_steam_kwh, dh_hcv_steam_kwh, '
                    'sf_electricity_kwh, ccv_cold_water_cost_krw, ac_ccv_cold_water_cost_krw, '
                    'pc_ccv_cold_water_cost_krw, hcv_steam_cost_krw, ac_hcv_steam_cost_krw, '
                    'dh_hcv_steam_cost_krw, sf_cost_krw, electricity_cost_krw, '
                    'outdoor_temperature, outdoor_humidity')
        ) as o (relation, role_name, privileges, columns)
        cross join lateral unnest(o.privileges) as p (name)
    $$,
    'columns: all may be done that the matrix says, and nothing else'
);

-- The owner's right on what is the site's.
select set_eq(
    $$
        select
            o.name,
            pg_temp.privileges_of(o.object_type, o.oid, 'ahu_owner')
        from pg_temp.objects as o
        where o.name in ('ahu_data', 'ahu_data.energy_readings', 'public')
    $$,
    $$
        values
            ('ahu_data', 'usage'),
            ('ahu_data.energy_readings', 'select'),
            ('public', 'usage')
    $$,
    'ahu_owner may read the raw table, and nothing else of the site'
);

select is(
    (
        select
            count(*)
        from _ahu.site_grants as g
        join pg_temp.objects as o
            on o.name = replace(g.object_name, '"', '')
        where pg_temp.privileges_of(o.object_type, o.oid, g.grantee) ~ g.privilege
    ),
    7::bigint,
    'every grant that is remembered is in force'
);
select set_eq(
    $$
        select
            g.object_type,
            g.object_name,
            g.privilege,
            g.grantee
        from _ahu.site_grants as g
    $$,
    $$
        values
            ('schema', '"ahu_data"', 'usage', 'ahu_owner'),
            ('schema', '"ahu_data"', 'usage', 'ahu_write'),
            ('table', '"ahu_data"."energy_readings"', 'select', 'ahu_owner'),
            ('table', '"ahu_data"."energy_readings"', 'select', 'ahu_write'),
            ('table', '"ahu_data"."energy_readings"', 'insert', 'ahu_write'),
            ('table', '"ahu_data"."energy_readings"', 'update', 'ahu_write'),
            ('table', '"ahu_data"."energy_readings"', 'delete', 'ahu_write')
    $$,
    'every grant on the site''s objects is remembered; what PUBLIC may do anyway was not granted'
);
select is_empty(
    $$
        select
            d.defaclobjtype
        from pg_default_acl as d
        where d.defaclnamespace in ('ahu'::regnamespace, '_ahu'::regnamespace)
            or d.defaclrole = 'ahu_owner'::regrole
    $$,
    'nothing is granted in advance on objects still to come'
);
select isnt_empty(
    $$
        select
            o.oid
        from pg_temp.objects as o
        where o.object_type = 'routine'
            and has_function_privilege('ahu_owner', o.oid, 'execute')
    $$,
    'the matrix would show a right to execute'
);

select * from finish();
