-- The points at which a command can be struck. A test's scripts are sown with calls of _test.point
-- before they are sent; in a session that nobody has armed they do nothing.
create schema _test;

grant usage on schema _test to public;


-- Sessions that wait at a point and may go on.
create table _test.released (pid integer primary key);

grant select on _test.released to public;


-- Stands for whatever a command writes: its trigger fires when the command commits.
create table _test.commits (made_at timestamptz not null default clock_timestamp());

grant insert on _test.commits to public;


-- ahu_test.at: the point to be struck at; *: tell of every point. ahu_test.nth: at which passing.
-- ahu_test.raises: whether an error is what strikes. All three are the session's own settings.
create function _test.point(name text)
returns void
volatile
set search_path = pg_catalog, pg_temp
language plpgsql
as $point$
declare
    c_at constant text := current_setting('ahu_test.at', true);
    v_nth integer;
begin
    if c_at = '*' then
        raise warning 'passed %', name;
    end if;

    if c_at is distinct from name then
        return;
    end if;

    v_nth := current_setting('ahu_test.nth')::integer - 1;
    perform set_config('ahu_test.nth', v_nth::text, false);
    if v_nth <> 0 then
        return;
    end if;

    -- Whoever hears this does what others do meanwhile, and strikes, or lets us go on.
    raise warning 'stands at %', name;
    while not exists (select from _test.released as r where r.pid = pg_backend_pid())
    loop
        perform pg_sleep(0.001);
    end loop;

    if current_setting('ahu_test.raises')::boolean then
        raise exception 'struck at %', name using errcode = 'ZZ001';
    end if;
end
$point$;


-- For row triggers on our tables: points in the middle of a statement.
create function _test.row_point()
returns trigger
set search_path = pg_catalog, pg_temp
language plpgsql
as $row_point$
begin
    perform _test.point(lower(format('%s %s on %s', tg_when, tg_op, tg_table_name)));
    -- What every refresh and the mark of a backfill write, once in a transaction.
    if tg_when = 'AFTER' and tg_table_name in ('refresh_run', 'source') then
        insert into _test.commits default values;
    end if;

    if tg_op = 'DELETE' then
        return old;
    end if;

    return new;
end
$row_point$;


create function _test.commit_point()
returns trigger
set search_path = pg_catalog, pg_temp
language plpgsql
as $commit_point$
begin
    perform _test.point('in commit');
    return null;
end
$commit_point$;


create constraint trigger in_commit
after insert on _test.commits
deferrable initially deferred
for each row
execute function _test.commit_point();


-- Puts row triggers on every table of ours, or takes them off.
create procedure _test.sow_rows(is_wanted boolean)
language plpgsql
as $sow_rows$
declare
    v_table regclass;
    v_when text;
begin
    for v_table, v_when in
        select
            c.oid,
            w.moment
        from pg_class as c
        cross join unnest(array['before', 'after']) as w (moment)
        where c.relnamespace in (to_regnamespace('_ahu'), to_regnamespace('ahu'))
            and c.relkind = 'r'
            and is_wanted <> exists (
                select
                from pg_trigger as t
                where t.tgrelid = c.oid
                    and t.tgname = 'test_' || w.moment
            )
    loop
        if is_wanted then
            execute format(
                'create trigger test_%s %s insert or update or delete on %s '
                'for each row execute function _test.row_point()',
                v_when,
                v_when,
                v_table
            );
        else
            execute format('drop trigger test_%s on %s', v_when, v_table);
        end if;
    end loop;
end
$sow_rows$;
