/** The two ways in which an agent's work comes into the hub: as objects that no branch names yet. */
import { isSha } from '../../domain/names.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { importObjects, openBundle, type OrRefusal } from './bundle.ts';
import { git } from './git.ts';
import { incomingRef } from './hub.ts';
import type { Hub } from './merge-objects.ts';

/** As a bundle in the run directory. @returns its commit */
export const takeBundle = async (hub: Hub, path: string, branch: string): Promise<OrRefusal<string>> => {
  const bundle = await openBundle(path, branch);
  if ('refused' in bundle) return bundle;
  try {
    crashPoint('handover.before');
    return await importObjects(hub, bundle.value);
  } finally {
    await bundle.value.file.close();
  }
};

/** As a push from a pod; git has checked the objects on their way in. @returns the commit */
export const takePush = async (hub: Hub, agentId: string): Promise<OrRefusal<string>> => {
  crashPoint('handover.before');
  const name = `${incomingRef(agentId)}^{commit}`;
  const { code, stdout } = await git('rev-parse', ['--verify', '--quiet', name], {
    ...hub,
    okCodes: [0, 1, 128],
  });
  const commit = stdout.toString('utf8').trim();
  return code === 0 && isSha(commit) ? { value: commit } : { refused: 'the agent pushed nothing' };
};
