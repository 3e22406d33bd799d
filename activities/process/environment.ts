/** What of Drover's own environment the processes of agents and projects may see. Everything else stays out. */

const ALWAYS = new Set(['PATH', 'HOME', 'LANG', 'LANGUAGE', 'TZ']);
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/** @param passEnv further names that the settings allow */
export const passableEnvironment = (
  own: Readonly<Record<string, string | undefined>>,
  passEnv: readonly string[],
): Record<string, string> => {
  const names = new Set(passEnv);
  const passed = Object.entries(own).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (ALWAYS.has(entry[0]) || entry[0].startsWith('LC_') || names.has(entry[0])),
  );
  return { PATH: DEFAULT_PATH, ...Object.fromEntries(passed) };
};
