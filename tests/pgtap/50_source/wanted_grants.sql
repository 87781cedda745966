-- The privileges on the site's objects that our roles need, by the default settings.
select plan(1);

select set_eq(
    'select object_type, object_name, privilege, grantee from _ahu.wanted_grants()',
    $$
        values
            ('database', quote_ident(current_database()), 'connect', 'ahu_read'),
            ('database', quote_ident(current_database()), 'connect', 'ahu_write'),
            ('database', quote_ident(current_database()), 'connect', 'ahu_pgbouncer'),
            ('schema', '"ahu_data"', 'usage', 'ahu_owner'),
            ('schema', '"ahu_data"', 'usage', 'ahu_write'),
            ('table', '"ahu_data"."energy_readings"', 'select', 'ahu_owner'),
            ('table', '"ahu_data"."energy_readings"', 'select', 'ahu_write'),
            ('table', '"ahu_data"."energy_readings"', 'insert', 'ahu_write'),
            ('table', '"ahu_data"."energy_readings"', 'update', 'ahu_write'),
            ('table', '"ahu_data"."energy_readings"', 'delete', 'ahu_write')
    $$,
    'the owner reads the raw table, the ETL reads and writes it, the dashboards and the pooler do neither'
);

select * from finish();
