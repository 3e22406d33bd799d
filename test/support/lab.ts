/** The Kubernetes of KUBECONFIG for tests: a namespace of its own, images built here, ports forwarded. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Of the one-node cluster that CI starts: images go straight into its container runtime. */
const CONTAINERD = '/run/k8slab/containerd.sock';

/** A cluster of somebody else would have to be given images by a registry. */
export const labIsHere = Boolean(process.env['KUBECONFIG']) && existsSync(CONTAINERD);
if (!labIsHere)
  process.stderr.write(
    `Skipped: tests of images and manifests need KUBECONFIG and a cluster that takes images at ${CONTAINERD}\n`,
  );

export const kubectl = async (...args: readonly string[]): Promise<string> => {
  const { stdout } = await run('kubectl', [...args], { maxBuffer: 16_000_000 });
  return stdout;
};

/** With its input from a text. @throws with what it says */
export const kubectlApply = (text: string, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('kubectl', ['apply', ...args, '-f', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(said))));
    child.stdin.end(text);
  });

/** @param archive of `buildah push … docker-archive:` */
export const loadImage = async (archive: string): Promise<void> => {
  await run('ctr', ['-a', CONTAINERD, '-n', 'k8s.io', 'images', 'import', archive]);
};

export interface Forwarded {
  readonly url: string;
  readonly process: ChildProcess;
}

/** @param target such as `pod/name` or `svc/name` */
export const forward = (namespace: string, target: string, port: number): Promise<Forwarded> =>
  new Promise((resolve, reject) => {
    const child = spawn('kubectl', ['-n', namespace, 'port-forward', target, `:${port}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const look = (chunk: Buffer): void => {
      said += chunk.toString();
      const local = /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1];
      if (local !== undefined) resolve({ url: `http://127.0.0.1:${local}`, process: child });
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', () => reject(new Error(`port-forward of ${target} ended: ${said}`)));
  });
