/** Of a project's `.yarnrc.yml` what decides which packages are locked; nothing that names files or programs to run. */
import { parse, stringify } from 'yaml';

const KEPT: readonly string[] = [
  'cacheMigrationMode',
  'catalog',
  'catalogs',
  'checksumBehavior',
  'compressionLevel',
  'defaultProtocol',
  'defaultSemverRangePrefix',
  'enableTransparentWorkspaces',
  'nodeLinker',
  'npmRegistryServer',
  'npmScopes',
  'packageExtensions',
  'supportedArchitectures',
];

/** @returns nothing for what cannot be read: Yarn then goes by its defaults */
export const yarnSettings = (text: string): string => {
  let settings: unknown;
  try {
    settings = parse(text, { maxAliasCount: 0 });
  } catch {
    return '';
  }
  if (typeof settings !== 'object' || settings === null) return '';
  return stringify(Object.fromEntries(Object.entries(settings).filter(([key]) => KEPT.includes(key))));
};
