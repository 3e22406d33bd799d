/** What `drover doctor` says of the sandbox: whether one can be made here, what it holds, and why not. */
import type { SandboxFinding } from './bubblewrap.ts';

const HOLDS =
  'agents see their workspace and caches, the system read-only, no other process, and no network but the gateway and sandbox.hosts';

export interface SandboxWords {
  readonly status: 'ok' | 'warn';
  readonly detail: string;
  readonly fix: string;
}

export const sandboxWords = (finding: SandboxFinding, platform: NodeJS.Platform): SandboxWords => {
  switch (finding.kind) {
    case 'works':
      return {
        status: 'ok',
        detail: `${finding.version}, ${finding.path}; with "sandbox: auto" or "required" in drover.yml ${HOLDS}`,
        fix: '',
      };
    case 'missing':
      return {
        status: 'ok',
        detail: 'none: agents run with all that your user may do',
        fix:
          platform === 'linux'
            ? 'install bubblewrap (apt-get install bubblewrap) for "sandbox: auto"; nothing, if you trust your agents'
            : 'there is none for this system; run agents in a Linux container or in Kubernetes',
      };
    case 'forbidden':
      return {
        status: 'warn',
        detail: `${finding.path} cannot make one: ${finding.reason}; agents run with all that your user may do`,
        fix: 'allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or give the container the right to make them',
      };
  }
};
