/** The files of Drover's own processes: in `dist/` or, when run from source, as TypeScript. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readIfThere } from '../store/files.ts';

const isSource = import.meta.url.endsWith('.ts');

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const SUPERVISOR_ENTRY = beside(isSource ? './supervisor/main.ts' : './supervisor/main.js');
export const WORKER_ENTRY = beside(isSource ? './worker/main.ts' : './worker/main.js');
export const SPAWNER_ENTRY = beside(isSource ? './spawner/main.ts' : './spawner/main.js');
export const API_ENTRY = beside(isSource ? '../api/server/main.ts' : '../api/server/main.js');
export const GATEWAY_ENTRY = beside(isSource ? '../api/gateway/main.ts' : '../api/gateway/main.js');
/** Built as one small file, since one runner is started per agent. */
export const RUNNER_ENTRY = beside(isSource ? './runner/main.ts' : '../runner/main.js');

type WorkflowSource =
  { readonly workflowBundle: { readonly codePath: string } } | { readonly workflowsPath: string };

/** How errors are written when histories are encrypted. */
export const ENCODED_FAILURES = beside(
  isSource ? '../workflows/encoded-failures.ts' : '../workflows/encoded-failures.js',
);

/** The workflows, bundled ahead by the build; bundling at start costs seconds. */
export const workflowSource = (encrypted: boolean): WorkflowSource => {
  const bundle = beside(encrypted ? '../workflows/bundle-encrypted.cjs' : '../workflows/bundle.cjs');
  return existsSync(bundle)
    ? { workflowBundle: { codePath: bundle } }
    : { workflowsPath: beside('../workflows/index.ts') };
};

/** Changes with every build, so that services of an older build are replaced. */
export const buildId = async (): Promise<string> =>
  isSource ? 'source' : ((await readIfThere(beside('../build-id')))?.trim() ?? 'unknown');
