/** Is a failure the same as an earlier one? By its words, without what changes from run to run. */

/** In this order: what is replaced first must not be torn apart by what comes later. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  // Colours and cursor movements of terminals.
  // oxlint-disable-next-line no-control-regex
  [/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g, ''],
  // Directories: workspaces have another name each time. The file's own name stays.
  [/(?:[A-Za-z]:)?(?:[\\/][^\s\\/:'"()<>,]+)+[\\/]/g, '/'],
  [/\b0x[0-9a-f]+\b/gi, '#'],
  [/\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b/gi, '#'],
  [/[0-9]+(?:[.:,_-][0-9]+)*/g, '#'],
  [/# ?(?:ns|µs|us|ms|s|sec|seconds?|m|min|minutes?)\b/gi, '#'],
  [/\s+/g, ' '],
];

/** Without what changes from run to run. */
export const normalised = (text: string): string =>
  CHANGING.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text).trim();

/** FNV-1a, 64 bits. */
const hash = (text: string): string => {
  let value = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at += 1)
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n);
  return value.toString(16).padStart(16, '0');
};

/** @param parts what tells the failure: the step, the command, both ends of its output */
export const failureFingerprint = (...parts: readonly string[]): string =>
  hash(parts.map(normalised).join('\n'));
