-- The demo's plant: the table of readings as a site has it, and a function that invents readings.
--
-- Two schemas: ahu_data holds energy_readings and nothing else, demo holds what the plant is made
-- of. The plant's documents give the rules for kWh and cost, the prices, the ranges of the
-- capacities and those of AHU01 to AHU03. All else is invented, within those ranges.
--
-- The same span gives the same readings on every machine and every PostgreSQL: noise comes from
-- integer arithmetic, because hash functions may change between releases; curves are made of
-- straight lines and parabolas, because sin() and exp() differ between C libraries.
--
-- Called by plant.py in one transaction, in a database that has neither schema yet.


create schema ahu_data;

comment on schema ahu_data is 'What the plant measures.';


create table ahu_data.energy_readings
(
    "timestamp" timestamptz not null,
    ahu_id text not null,
    ccv_cold_water_kwh numeric,
    ac_ccv_cold_water_kwh numeric,
    pc_ccv_cold_water_kwh numeric,
    hcv_steam_kwh numeric,
    ac_hcv_steam_kwh numeric,
    dh_hcv_steam_kwh numeric,
    sf_electricity_kwh numeric,
    ccv_cold_water_cost_krw numeric,
    ac_ccv_cold_water_cost_krw numeric,
    pc_ccv_cold_water_cost_krw numeric,
    hcv_steam_cost_krw numeric,
    ac_hcv_steam_cost_krw numeric,
    dh_hcv_steam_cost_krw numeric,
    sf_cost_krw numeric,
    electricity_cost_krw numeric,
    outdoor_temperature numeric,
    outdoor_humidity numeric,
    constraint energy_readings_pkey primary key ("timestamp", ahu_id)
);

create index energy_readings_ahu_time on ahu_data.energy_readings (ahu_id, "timestamp");

comment on table ahu_data.energy_readings is
    'One reading per AHU every six minutes. Null: the AHU has no such coil, or nobody measured.';
comment on column ahu_data.energy_readings."timestamp" is
    'When the six minutes of the reading begin.';
comment on column ahu_data.energy_readings.ahu_id is
    'The air handling unit, such as AHU01.';
comment on column ahu_data.energy_readings.ccv_cold_water_kwh is
    'kWh that the cooling coil took from the cold water.';
comment on column ahu_data.energy_readings.ac_ccv_cold_water_kwh is
    'kWh that the after-cooling coil took from the cold water.';
comment on column ahu_data.energy_readings.pc_ccv_cold_water_kwh is
    'kWh that the pre-cooling coil of the dry dehumidifier took from the cold water.';
comment on column ahu_data.energy_readings.hcv_steam_kwh is
    'kWh that the heating coil took from the steam.';
comment on column ahu_data.energy_readings.ac_hcv_steam_kwh is
    'kWh that the after-heating coil took from the steam.';
comment on column ahu_data.energy_readings.dh_hcv_steam_kwh is
    'kWh that the dry dehumidifier took from the steam to dry its rotor.';
comment on column ahu_data.energy_readings.sf_electricity_kwh is
    'kWh of the supply fan.';
comment on column ahu_data.energy_readings.ccv_cold_water_cost_krw is
    'KRW for ccv_cold_water_kwh.';
comment on column ahu_data.energy_readings.ac_ccv_cold_water_cost_krw is
    'KRW for ac_ccv_cold_water_kwh.';
comment on column ahu_data.energy_readings.pc_ccv_cold_water_cost_krw is
    'KRW for pc_ccv_cold_water_kwh.';
comment on column ahu_data.energy_readings.hcv_steam_cost_krw is
    'KRW for hcv_steam_kwh.';
comment on column ahu_data.energy_readings.ac_hcv_steam_cost_krw is
    'KRW for ac_hcv_steam_kwh.';
comment on column ahu_data.energy_readings.dh_hcv_steam_cost_krw is
    'KRW for dh_hcv_steam_kwh.';
comment on column ahu_data.energy_readings.sf_cost_krw is
    'KRW for sf_electricity_kwh.';
comment on column ahu_data.energy_readings.electricity_cost_krw is
    'KRW for electricity that is not the supply fan''s. Null throughout: the demo has none.';
comment on column ahu_data.energy_readings.outdoor_temperature is
    'Degrees Celsius, the same for all AHUs.';
comment on column ahu_data.energy_readings.outdoor_humidity is
    'Relative humidity in percent, the same for all AHUs.';


create schema demo;

comment on schema demo is
    'What the demo''s plant is made of, and the functions that invent its readings.';


create table demo.prices
(
    year integer primary key,
    cold_water numeric not null,
    steam numeric not null,
    electricity numeric not null
);

comment on table demo.prices is
    'What energy cost in a year. Years before the first cost as the first, later ones as the last.';
comment on column demo.prices.year is 'A calendar year in Seoul.';
comment on column demo.prices.cold_water is 'KRW for 1,000 kg of cold water.';
comment on column demo.prices.steam is 'KRW for 1,000 kg of steam.';
comment on column demo.prices.electricity is 'KRW for 1 kWh.';

insert into demo.prices (year, cold_water, steam, electricity)
values
    (2022, 295, 52300, 119),
    (2023, 299, 57500, 154),
    (2024, 304, 61600, 168),
    (2025, 307, 65000, 182);


create table demo.ahus
(
    ahu_id text primary key,
    number integer not null unique,
    ccv_kcal_h integer not null,
    hcv_kcal_h integer not null,
    pc_ccv_kcal_h integer,
    dh_hcv_kcal_h integer,
    ac_ccv_kcal_h integer,
    ac_hcv_kcal_h integer,
    fan_kw numeric not null,
    off_at_night boolean not null
);

comment on table demo.ahus is
    'The 45 AHUs and what their coils can do, in kcal/h. Null: the AHU has no such coil.';
comment on column demo.ahus.ahu_id is 'The name that its readings carry.';
comment on column demo.ahus.number is 'Gives each AHU a noise of its own.';
comment on column demo.ahus.ccv_kcal_h is 'Cooling coil, kcal/h.';
comment on column demo.ahus.hcv_kcal_h is 'Heating coil, kcal/h.';
comment on column demo.ahus.pc_ccv_kcal_h is 'Pre-cooling coil of the dry dehumidifier, kcal/h.';
comment on column demo.ahus.dh_hcv_kcal_h is 'Steam coil of the dry dehumidifier, kcal/h.';
comment on column demo.ahus.ac_ccv_kcal_h is 'After-cooling coil, kcal/h.';
comment on column demo.ahus.ac_hcv_kcal_h is 'After-heating coil, kcal/h.';
comment on column demo.ahus.fan_kw is 'Supply fan at full speed, kW.';
comment on column demo.ahus.off_at_night is 'Off from 20:00 to 06:00 and on Sundays, Seoul time.';

-- AHU34 is unused, two AHUs carry an H. AHU01 to AHU03 have the plant's own capacities.
insert into demo.ahus
    (ahu_id, number, ccv_kcal_h, hcv_kcal_h, pc_ccv_kcal_h, dh_hcv_kcal_h, ac_ccv_kcal_h,
     ac_hcv_kcal_h, fan_kw, off_at_night)
values
    ('AHU01',   1, 599000, 393000,   null,   null,  null,  null,   44, false),
    ('AHU02',   2, 197000,  85000,   null,   null,  null,  null, 18.5, false),
    ('AHU03',   3, 200000, 157000, 164000, 120000,  null,  null, 18.5, false),
    ('AHU04',   4,  46000,  59000,   null,   null,  null,  null,  7.5,  true),
    ('AHU05',   5, 236000,  20000,   null,   null,  null,  null,   22,  true),
    ('AHU05H',  6,  86000, 163000,   null,   null,  null,  null,   11,  true),
    ('AHU06',   7,  31000,  56000,   null,   null, 22000,  null,  5.5, false),
    ('AHU07',   8, 161000,  19000, 119000,  40000,  null,  null, 18.5, false),
    ('AHU08',   9,  59000, 155000,   null,   null,  null,  null,   11, false),
    ('AHU09',  10, 300000,  53000, 170000,  57000,  null,  null,   22, false),
    ('AHU10',  11, 109000,  18000,   null,   null,  5200, 38000,   15,  true),
    ('AHU11',  12,  40000, 147000,  54000,  80000,  null,  null,  7.5, false),
    ('AHU12',  13, 204000,  50000,   null,   null,  null,  null, 18.5, false),
    ('AHU13',  14,  74000,  17000,   null,   null,  null,  null,   11, false),
    ('AHU14',  15, 380000, 140000,  43000,  65000, 18800,  null,   30, false),
    ('AHU15',  16, 139000,  48000,   null,   null,  null,  null,   15,  true),
    ('AHU16',  17,  51000,  16000,   null,   null,  null,  null,   11, false),
    ('AHU17',  18, 259000, 133000,   null,   null,  null,  null,   22,  true),
    ('AHU18',  19,  94000,  46000,   null,   null,  4400, 35500,   11, false),
    ('AHU18H', 20,  34000,  16000,   null,   null, 24200, 21500,  5.5, false),
    ('AHU19',  21, 176000, 126000,   null,   null,  null,  null, 18.5, false),
    ('AHU20',  22,  64000,  43000,   null,   null,  null,  null,   11,  true),
    ('AHU21',  23, 328000,  15000, 179000,  60000,  null,  null,   30, false),
    ('AHU22',  24, 120000, 120000,   null,   null,  5600,  null,   15, false),
    ('AHU23',  25,  44000,  41000,  57000,  84000,  null,  null,  7.5, false),
    ('AHU24',  26, 223000,  14000,   null,   null,  null,  null, 18.5, false),
    ('AHU25',  27,  82000, 114000,  81000, 119000,  null,  null,   11,  true),
    ('AHU26',  28, 417000,  39000,  46000,  68000, 20800, 20000,   37, false),
    ('AHU27',  29, 152000,  13000,   null,   null,  null,  null,   15, false),
    ('AHU28',  30,  55000, 108000,   null,   null,  null,  null,   11, false),
    ('AHU29',  31, 283000,  37000,   null,   null,  null,  null,   22, false),
    ('AHU30',  32, 103000,  13000,   null,   null,  4800,  null,   15,  true),
    ('AHU31',  33,  38000, 103000,   null,   null,  null,  null,  7.5, false),
    ('AHU32',  34, 193000,  35000,   null,   null,  null,  null, 18.5, false),
    ('AHU33',  35,  70000,  12000,   null,   null,  null,  null,   11,  true),
    ('AHU35',  36, 360000,  98000,   null,   null,  null,  null,   30,  true),
    ('AHU36',  37, 131000,  34000,   null,   null,  null,  null,   15, false),
    ('AHU37',  38,  48000,  11000,   null,   null,  null,  null,  7.5, false),
    ('AHU38',  39, 245000,  93000,   null,   null,  3800,  null,   22, false),
    ('AHU39',  40,  89000,  32000,   null,   null,  null,  null,   11, false),
    ('AHU40',  41,  33000, 258000,   null,   null,  null,  null,  7.5,  true),
    ('AHU41',  42, 166000,  88000,   null,   null,  null,  null, 18.5, false),
    ('AHU42',  43,  61000,  30000,   null,   null, 43800, 28500,   11,  true),
    ('AHU43',  44, 310000, 245000,   null,   null,  null,  null,   30, false),
    ('AHU44',  45, 113000,  84000,   null,   null,  null,  null,   15, false);


-- Squared twice modulo a prime: no product leaves bigint, and the argument's order is gone.
create function demo.noise(of_number bigint)
    returns bigint
    immutable strict parallel safe
    set search_path = pg_catalog, pg_temp
    language sql
as $noise$
    select (b.n * b.n + 12345) % 2147483647
    from (
        select (a.n * a.n + 54321) % 2147483647 as n
        from (select (of_number * 48271 + 11) % 2147483647 as n) as a
    ) as b
$noise$;

comment on function demo.noise(bigint) is
    'A number from 0 to 2147483646 that looks random and is always the same for the same argument.';

revoke all on function demo.noise(bigint) from public;


create function demo.readings
(
    from_time timestamptz,
    until_time timestamptz,
    with_gaps boolean default true
)
    returns setof ahu_data.energy_readings
    stable strict
    set search_path = pg_catalog, pg_temp
    language sql
as $readings$
with
-- All that holds for the whole plant is worked out once per moment, not once per reading.
-- Materialized, like "offset 0" below, so that the planner does not work out an expression again at
-- each place that uses it.
moments as materialized (
    select
        t.at,
        t.at at time zone 'Asia/Seoul' as local_time,
        (t.at at time zone 'Asia/Seoul')::date as day,
        (t.at at time zone 'Asia/Seoul')::date - date '2000-01-01' as day_number,
        extract(hour from t.at at time zone 'Asia/Seoul')::float8
            + extract(minute from t.at at time zone 'Asia/Seoul')::float8 / 60 as hour,
        extract(isodow from t.at at time zone 'Asia/Seoul')::integer as weekday,
        -- The middle of a month has the month's mean; from there it is a straight line to the next.
        (t.at at time zone 'Asia/Seoul') - interval '14 days' as mid_month
    from generate_series(from_time, until_time, interval '6 minutes') as t (at)
    where t.at < until_time
),
-- Colder or warmer, drier or damper than usual, from -0.5 to 0.5, drifting from day to day.
spells as materialized (
    select
        d.day,
        demo.noise(d.day_number)::float8 / 2147483647 - 0.5 as today,
        demo.noise(d.day_number + 1)::float8 / 2147483647 - 0.5 as tomorrow
    from (select distinct m.day, m.day_number from moments as m) as d
),
-- Rough monthly means of Seoul, January to December, with 4 degrees up at 15:00 and down at 03:00.
weather as materialized (
    select
        s.at,
        s.day,
        s.hour,
        s.weekday,
        s.year,
        s.temperature + 4 * s.swing + 6 * s.spell as temperature,
        least(100, greatest(20, s.humidity - 12 * s.swing - 25 * s.spell)) as humidity
    from (
        select
            m.at,
            m.day,
            m.hour,
            m.weekday,
            extract(year from m.local_time)::integer as year,
            n.temperatures[n.month] * (1 - n.part) + n.temperatures[n.month % 12 + 1] * n.part
                as temperature,
            n.humidities[n.month] * (1 - n.part) + n.humidities[n.month % 12 + 1] * n.part
                as humidity,
            case
                when m.hour >= 9 and m.hour < 21 then (m.hour - 9) * (21 - m.hour) / 36
                when m.hour >= 21 then (m.hour - 21) * (m.hour - 33) / 36
                else (m.hour + 3) * (m.hour - 9) / 36
            end as swing,
            p.today * (1 - m.hour / 24) + p.tomorrow * m.hour / 24 as spell
        from moments as m
        join spells as p on p.day = m.day
        cross join lateral (
            select
                extract(month from m.mid_month)::integer as month,
                (extract(day from m.mid_month)::float8 - 1 + m.hour / 24) / 31 as part,
                '{-2, 1, 6, 13, 18, 23, 25, 26, 22, 15, 8, 0}'::float8[] as temperatures,
                '{56, 55, 55, 55, 60, 66, 76, 74, 66, 62, 60, 58}'::float8[] as humidities
            offset 0
        ) as n
        offset 0
    ) as s
),
-- How much there is to do, from 0 to 1, and the prices of the reading's own year.
demand as materialized (
    select
        w.at,
        w.day,
        w.hour,
        w.weekday,
        round(w.temperature::numeric, 1) as outdoor_temperature,
        round(w.humidity::numeric, 1) as outdoor_humidity,
        least(1, greatest(0, (w.temperature - 14) / 16)) as cooling,
        least(1, greatest(0, (18 - w.temperature) / 24)) as heating,
        least(1, greatest(0, (w.humidity - 45) / 50)) as drying,
        -- Full from 07:00 to 20:00, half from 22:00 to 05:00; less on Saturdays, least on Sundays.
        greatest(0.5, least(1, 1 - (abs(w.hour - 13.5) - 6.5) / 4))
            * case w.weekday when 6 then 0.75 when 7 then 0.6 else 1 end as activity,
        demo.noise(extract(epoch from w.at)::bigint) as noise,
        p.cold_water,
        p.steam,
        p.electricity
    from weather as w
    join demo.prices as p on p.year = (
        select least(max(q.year), greatest(min(q.year), w.year))
        from demo.prices as q
    )
),
-- An AHU's load of the day, 0.7 to 1.1; on one day in forty up to six hours have no readings.
ahu_days as materialized (
    select
        r.day,
        u.ahu_id,
        u.ccv_kcal_h::float8 as ccv_kcal_h,
        u.ac_ccv_kcal_h::float8 as ac_ccv_kcal_h,
        u.pc_ccv_kcal_h::float8 as pc_ccv_kcal_h,
        u.hcv_kcal_h::float8 as hcv_kcal_h,
        u.ac_hcv_kcal_h::float8 as ac_hcv_kcal_h,
        u.dh_hcv_kcal_h::float8 as dh_hcv_kcal_h,
        u.fan_kw::float8 as fan_kw,
        u.off_at_night,
        r.noise,
        0.7 + (demo.noise(u.number) % 300)::float8 / 1000 + (r.noise % 100)::float8 / 1000 as load,
        case when r.noise / 100 % 40 = 0 then (r.noise / 4000 % 18)::integer end as gap_from,
        (r.noise / 72000 % 6)::integer + 1 as gap_hours
    from demo.ahus as u
    cross join lateral (
        select d.day, demo.noise(d.day_number::bigint * 1000 + u.number) as noise
        from (select distinct m.day, m.day_number from moments as m) as d
        offset 0
    ) as r
)
select
    k.at,
    k.ahu_id,
    k.ccv,
    k.ac_ccv,
    k.pc_ccv,
    k.hcv,
    k.ac_hcv,
    k.dh_hcv,
    k.fan,
    -- Not kWh x (price x 860 / ...): a rounded factor would round some costs to the wrong side.
    round(k.ccv * k.cold_water * 860 / (2.3 * 4.187 * 1000), 2),
    round(k.ac_ccv * k.cold_water * 860 / (2.3 * 4.187 * 1000), 2),
    round(k.pc_ccv * k.cold_water * 860 / (2.3 * 4.187 * 1000), 2),
    round(k.hcv * k.steam * 860 / (540 * 0.4 * 1000), 2),
    round(k.ac_hcv * k.steam * 860 / (540 * 0.4 * 1000), 2),
    round(k.dh_hcv * k.steam * 860 / (495 * 0.4 * 1000), 2),
    round(k.fan * k.electricity, 2),
    null::numeric,
    k.outdoor_temperature,
    k.outdoor_humidity
from (
    -- kWh = mean valve opening (%) x coil capacity (kcal/h) x 0.1 h / 100 / 860
    select
        c.at,
        c.ahu_id,
        round((v.ccv * c.ccv_kcal_h * 0.1 / 100 / 860)::numeric, 4) as ccv,
        round((v.ccv * 0.6 * c.ac_ccv_kcal_h * 0.1 / 100 / 860)::numeric, 4) as ac_ccv,
        round((v.pc_ccv * c.pc_ccv_kcal_h * 0.1 / 100 / 860)::numeric, 4) as pc_ccv,
        round((v.hcv * c.hcv_kcal_h * 0.1 / 100 / 860)::numeric, 4) as hcv,
        round((v.hcv * 0.5 * c.ac_hcv_kcal_h * 0.1 / 100 / 860)::numeric, 4) as ac_hcv,
        round((v.dh_hcv * c.dh_hcv_kcal_h * 0.1 / 100 / 860)::numeric, 4) as dh_hcv,
        round((v.fan * c.fan_kw * 0.1)::numeric, 4) as fan,
        c.cold_water,
        c.steam,
        c.electricity,
        c.outdoor_temperature,
        c.outdoor_humidity
    from (
        select
            d.at,
            d.outdoor_temperature,
            d.outdoor_humidity,
            d.cooling,
            d.heating,
            d.drying,
            d.activity,
            d.cold_water,
            d.steam,
            d.electricity,
            a.ahu_id,
            a.ccv_kcal_h,
            a.ac_ccv_kcal_h,
            a.pc_ccv_kcal_h,
            a.hcv_kcal_h,
            a.ac_hcv_kcal_h,
            a.dh_hcv_kcal_h,
            a.fan_kw,
            a.load,
            a.off_at_night and (d.hour < 6 or d.hour >= 20 or d.weekday = 7) as is_off,
            d.noise * a.noise % 2147483647 as noise
        from demand as d
        join ahu_days as a on a.day = d.day
        where not with_gaps
        or a.gap_from is null
        or d.hour < a.gap_from
        or d.hour >= a.gap_from + a.gap_hours
        order by d.at, a.ahu_id
        offset 0
    ) as c
    -- Valve openings in percent and fan speed from 0 to 1; three digits of the noise for each.
    cross join lateral (
        select
            case
                when c.is_off then 0
                else least(100, 3 + 62 * c.cooling * c.activity * c.load
                    + 4 * (c.noise % 1000)::float8 / 1000)
            end as ccv,
            case
                when c.is_off then 0
                else least(100, 6 + 50 * c.cooling * c.drying * c.load
                    + 4 * (c.noise / 10 % 1000)::float8 / 1000)
            end as pc_ccv,
            case
                when c.is_off then 0
                else least(100, 1 + (4 * c.drying + 70 * c.heating) * c.load
                    + 2 * (c.noise / 1000 % 1000)::float8 / 1000)
            end as hcv,
            case
                when c.is_off then 0
                else least(100, 8 + 30 * c.drying * c.load
                    + 3 * (c.noise / 10000 % 1000)::float8 / 1000)
            end as dh_hcv,
            case
                when c.is_off then 0
                else least(1, 0.4 + 0.45 * c.activity * c.load
                    + 0.05 * (c.noise / 1000000 % 1000)::float8 / 1000)
            end as fan
        offset 0
    ) as v
    offset 0
) as k
$readings$;

comment on function demo.readings(timestamptz, timestamptz, boolean) is
    'The plant''s readings at from_time and every six minutes after it, before until_time. '
    'Without gaps each AHU has a reading at each of these times. Writes nothing.';

revoke all on function demo.readings(timestamptz, timestamptz, boolean) from public;
