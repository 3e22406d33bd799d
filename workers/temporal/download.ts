/**
 * Fetches the ready-made Temporal CLI from where the SDK fetches its own, into the user's cache directory. Not
 * into the shared temporary directory as the SDK does: a program to be run must not lie where others can write.
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, relative, isAbsolute } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const SERVICE = 'https://temporal.download';
/** Without a network this must fail soon: the next way is tried after it. */
const ANSWER_TIMEOUT_MS = 6_000;
const WHOLE_TIMEOUT_MS = 300_000;
const PROGRESS_EVERY_MS = 2_000;

const Offer = z.object({ archiveUrl: z.url(), fileToExtract: z.string().min(1).max(200) });

export interface DownloadOptions {
  /** Gets `temporal`. */
  readonly directory: string;
  readonly onProgress: (line: string) => void;
  /** @default the service that the SDKs use */
  readonly service?: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const askForArchive = async (service: string): Promise<z.infer<typeof Offer>> => {
  const query = new URLSearchParams({
    arch: ARCHITECTURES[process.arch] ?? process.arch,
    platform: process.platform,
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
  });
  const answer = await fetch(`${service}/cli/default?${query.toString()}`, {
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`${service} answered ${answer.status}`);
  return Offer.parse(await answer.json());
};

const countBytes = (total: number | undefined, onProgress: (line: string) => void): Transform => {
  let bytes = 0;
  let last = Date.now();
  const megabytes = (count: number): string => (count / 1_000_000).toFixed(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (Date.now() - last > PROGRESS_EVERY_MS) {
        last = Date.now();
        onProgress(
          `Downloading the Temporal CLI: ${megabytes(bytes)}${total ? ` of ${megabytes(total)}` : ''} MB`,
        );
      }
      done(null, chunk);
    },
  });
};

/** @returns the path of the program */
export const downloadTemporal = async (options: DownloadOptions): Promise<string> => {
  const { directory, onProgress, service = SERVICE } = options;
  const offer = await askForArchive(service);
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(join(directory, 'download-'));
  try {
    const answer = await fetch(offer.archiveUrl, { signal: AbortSignal.timeout(WHOLE_TIMEOUT_MS) });
    if (!answer.ok || answer.body === null) throw new Error(`${offer.archiveUrl} answered ${answer.status}`);
    const archive = join(work, 'archive.tar.gz');
    const length = Number(answer.headers.get('content-length'));
    await pipeline(
      Readable.fromWeb(answer.body),
      countBytes(length > 0 ? length : undefined, onProgress),
      createWriteStream(archive),
    );
    await promisify(execFile)('tar', ['-xzf', archive, '-C', work]);
    const extracted = join(work, offer.fileToExtract);
    const inside = relative(work, extracted);
    if (inside.startsWith('..') || isAbsolute(inside))
      throw new Error(`the archive names a file outside itself: ${offer.fileToExtract}`);
    await chmod(extracted, 0o755);
    const program = join(directory, 'temporal');
    await rename(extracted, program);
    return program;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
