/**
 * Kysely's SQLite dialect on Node's own SQLite. Node's is synchronous: who waits for a lock inside of it stops the
 * whole process, so waiting for other processes is done here, between tries.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  SqliteDialect,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';

/** Other processes hold the file for single short transactions only. */
const BUSY_TIMEOUT_MS = 5_000;
const LONGEST_PAUSE_MS = 50;
const CACHED_STATEMENTS = 200;
/** SQLITE_BUSY; the extended codes have it in their low byte. */
const BUSY = 5;

const isBusy = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === BUSY;

const patiently = async <T>(attempt: () => T): Promise<T> => {
  const end = Date.now() + BUSY_TIMEOUT_MS;
  for (let pause = 2; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || Date.now() > end) throw error;
      await sleep(pause);
    }
  }
};

const open = (file: string): DatabaseSync => {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // A SIGKILL loses nothing; a power cut may lose the last moments, which are projected again.
    database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

const connection = (database: DatabaseSync): DatabaseConnection => {
  const cache = new Map<string, StatementSync>();
  const statement = (query: string): StatementSync => {
    const known = cache.get(query);
    if (known !== undefined) return known;
    if (cache.size >= CACHED_STATEMENTS) cache.clear();
    const made = database.prepare(query);
    cache.set(query, made);
    return made;
  };
  const execute = <R>({ sql, parameters }: CompiledQuery): QueryResult<R> => {
    const prepared = statement(sql);
    const values = parameters.map((value) =>
      typeof value === 'boolean' ? Number(value) : (value as SQLInputValue),
    );
    if (prepared.columns().length > 0) return { rows: prepared.all(...values) as R[] };
    const { changes, lastInsertRowid } = prepared.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  };
  return {
    executeQuery: (query) => patiently(() => execute(query)),
    streamQuery: () => {
      throw new Error('rows of the store are read in pages, not streamed');
    },
  };
};

const driver = (file: string): Driver => {
  let database: DatabaseSync | undefined;
  let only: DatabaseConnection | undefined;
  const tell = (one: DatabaseConnection, command: string): Promise<unknown> =>
    one.executeQuery(CompiledQuery.raw(command));
  return {
    init: async () => {
      database = await patiently(() => open(file));
      only = connection(database);
    },
    // Kysely lets one caller at a time have it.
    acquireConnection: async () => {
      if (only === undefined) throw new Error(`${file} is not open`);
      return only;
    },
    releaseConnection: async () => {},
    // A transaction that begins by reading and then writes would be refused when another process wrote meanwhile.
    beginTransaction: async (one) => void (await tell(one, 'begin immediate')),
    commitTransaction: async (one) => void (await tell(one, 'commit')),
    rollbackTransaction: async (one) => void (await tell(one, 'rollback')),
    destroy: async () => database?.close(),
  };
};

export const sqliteDialect = (file: string): Dialect => {
  const parts = new SqliteDialect({ database: () => Promise.reject(new Error('the driver opens it')) });
  return {
    createAdapter: () => parts.createAdapter(),
    createQueryCompiler: () => parts.createQueryCompiler(),
    createIntrospector: (db) => parts.createIntrospector(db),
    createDriver: () => driver(file),
  };
};
