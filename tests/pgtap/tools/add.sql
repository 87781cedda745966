-- Adds so many readings to a key, one a minute from the given time on, each with a cost of 1.
create procedure tap.add(first_time timestamptz, ahu text, readings integer)
language sql
as $add$
    insert into ahu_data.energy_readings (timestamp, ahu_id, sf_cost_krw)
    select
        add.first_time + g.minutes * interval '1 minute',
        add.ahu,
        1
    from generate_series(0, add.readings - 1) as g (minutes)
$add$;
