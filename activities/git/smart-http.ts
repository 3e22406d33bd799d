/**
 * The programs behind git's smart HTTP, for an agent that clones from the hub and pushes to it. They run in the hub
 * with Drover's own configuration: no hook, no filter, nothing that the repository or the agent could have planted.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { gitEnvironment } from '../../store/git-environment.ts';
import { BUNDLE_LIMIT_BYTES } from './bundle.ts';
import { systemPath } from './git.ts';
import { openHub } from './hub.ts';

export const GIT_SERVICES = ['git-upload-pack', 'git-receive-pack'] as const;
export type GitService = (typeof GIT_SERVICES)[number];

/** Branches are the swarm's; what else the hub has (incoming work, the train's marks) is nobody's to see. */
const READING = {
  'transfer.hideRefs': 'refs/incoming',
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
} as const;

const writing = (ref: string): Readonly<Record<string, string>> => ({
  'receive.advertisePushOptions': 'false',
  'receive.autogc': 'false',
  'receive.denyDeletes': 'true',
  'receive.fsckObjects': 'true',
  'receive.maxInputSize': String(BUNDLE_LIMIT_BYTES),
  'receive.unpackLimit': '100',
  'receive.updateServerInfo': 'false',
  'receive.certNonceSeed': '',
  'receive.procReceiveRefs': '',
  // Only its own is offered, and only what is offered can be moved.
  'receive.hideRefs': 'refs/',
  'transfer.hideRefs': `!${ref}`,
});

export interface ServiceRequest {
  readonly service: GitService;
  readonly hub: string;
  /** The one ref that the agent may push to. */
  readonly ref: string;
  /** The list of refs, before anything is asked. */
  readonly advertise: boolean;
  /** The client's `Git-Protocol` header. */
  readonly protocol?: string;
}

/** Versions of the protocol; anything else in that header is not passed on. */
const PROTOCOL = /^version=[12]$/;

/** Starts the program; it reads the request from its input and writes the answer. */
export const startGitService = async (
  request: ServiceRequest,
): Promise<ChildProcessByStdio<Writable, Readable, Readable>> => {
  const hub = await openHub(request.hub);
  const { protocol } = request;
  const config = request.service === 'git-upload-pack' ? READING : writing(request.ref);
  const args = [
    request.service.slice('git-'.length),
    '--stateless-rpc',
    ...(request.advertise ? ['--http-backend-info-refs'] : []),
    hub.cwd,
  ];
  return spawn('git', args, {
    cwd: hub.cwd,
    env: {
      ...gitEnvironment(systemPath(), config),
      ...(protocol !== undefined && PROTOCOL.test(protocol) ? { GIT_PROTOCOL: protocol } : {}),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
};
