-- What is stored, a line for each key: day, AHU, readings, cost of electricity.
create view tap.stored as
select
    format(
        '%s %s %s %s', to_char(d.day, 'MM-DD'), d.ahu_id, d.readings, d.electricity_cost
    ) as line
from _ahu.daily_rollup as d
order by
    d.day,
    d.ahu_id;

-- The same of months.
create view tap.stored_months as
select
    format(
        '%s %s %s %s', to_char(m.month, 'MM'), m.ahu_id, m.readings, m.electricity_cost
    ) as line
from _ahu.monthly_rollup as m
order by
    m.month,
    m.ahu_id;

-- What is in quarantine, a line for each key: day, AHU, stored and raw readings, and what the log
-- says it gained or lost.
create view tap.quarantined as
select
    format(
        '%s %s stored %s raw %s net %s',
        to_char(q.day, 'MM-DD'),
        q.ahu_id,
        q.stored_readings,
        q.raw_readings,
        q.net_readings
    ) as line
from _ahu.quarantine as q
order by
    q.day,
    q.ahu_id;
