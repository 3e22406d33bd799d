/** The files of Drover's own processes, in `dist/` or, when run from source, as TypeScript. */
import { fileURLToPath } from 'node:url';
import { readIfThere } from '../../store/files.ts';

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const entry = (name: string): string =>
  fileURLToPath(new URL(`../${name}/main${extension}`, import.meta.url));

export const SUPERVISOR_ENTRY = entry('supervisor');
export const WORKER_ENTRY = entry('worker');

/** Changes with every build, so that services of an older build are replaced. */
export const buildId = async (): Promise<string> => {
  if (extension === '.ts') return 'source';
  const id = await readIfThere(fileURLToPath(new URL('../../build-id', import.meta.url)));
  return id?.trim() ?? 'unknown';
};
