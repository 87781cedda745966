-- The long layout is part of what the settings say.
select plan(1);

select results_eq(
    'select layout, metric_column, value_column, unit_column from _ahu.site()',
    $$values ('long', 'metric_name', 'value', 'unit')$$,
    'the layout and its columns are written into it'
);

select * from finish();
