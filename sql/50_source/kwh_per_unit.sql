-- What a value of the long layout is to be multiplied with to be kWh: exact factors only. Asked for
-- the units that are not written kWh, by _ahu.summarise_readings.
create or replace function _ahu.kwh_per_unit(unit text)
returns numeric
immutable
parallel safe
set search_path = pg_catalog, pg_temp
language plpgsql
as $kwh_per_unit$
declare
    v_factor numeric := case lower(trim(coalesce(unit, '')))
        when '' then 1
        when 'wh' then 0.001
        when 'kwh' then 1
        when 'mwh' then 1000
        when 'gwh' then 1000000
    end;
begin
    if v_factor is null then
        raise exception 'a reading of energy has the unit "%"', unit
            using
                errcode = 'invalid_parameter_value',
                detail = 'It cannot be made kWh exactly; Wh, kWh, MWh and GWh can.',
                hint = 'Correct the readings of that unit, or have the column left out of account: '
                    'ahu-sql install --set source.unit_column=';
    end if;

    return v_factor;
end
$kwh_per_unit$;

comment on function _ahu.kwh_per_unit(text) is
    'How many kWh one unit is (Wh, kWh, MWh, GWh, in any case); null or empty: the value is in '
    'kWh. Error 22023: another unit.';

revoke all on function _ahu.kwh_per_unit(text) from public;
