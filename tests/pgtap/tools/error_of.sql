-- What an error says: its SQLSTATE, message, detail and hint.
create function tap.error_of(command text)
returns text[]
language plpgsql
as $error_of$
declare
    v_message text;
    v_detail text;
    v_hint text;
begin
    execute command;
    return null;
exception
    when others then
        get stacked diagnostics
            v_message = message_text,
            v_detail = pg_exception_detail,
            v_hint = pg_exception_hint;
        return array[sqlstate, v_message, v_detail, v_hint];
end
$error_of$;
