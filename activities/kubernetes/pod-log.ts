/**
 * Keeps what the runner in a pod says by itself (not its agent: that comes by the callback) in `runner.log` of the run
 * directory, each line with the time that the node gave it. The file alone says how far it is: whoever follows next,
 * after a broken connection or the death of this process, goes on behind its last line.
 */
import { open, readFile, truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { errorCode } from '../../store/files.ts';
import type { OpenLog } from './log-request.ts';

const AGAIN_MS = 1_000;
/** A runner says little; one that says more than this is broken, and its end can be seen in the cluster. */
const SIZE_LIMIT = 1_048_576;

interface FollowedPod {
  readonly namespace: string;
  /** As last seen; undefined before it is there, and when it is gone. */
  readonly pod: () => V1Pod | undefined;
  /** `runner.log` */
  readonly file: string;
  readonly signal: AbortSignal;
}

interface Position {
  /** Time of the last line, as the node wrote it. */
  readonly time: string;
  /** Lines with just that time. */
  readonly count: number;
  /** Bytes of the file. */
  readonly size: number;
}

const timeOf = (line: string): string => line.slice(0, line.indexOf(' '));
/** Nodes leave out zeros at the end of a second's part. */
const comparable = (time: string): string => {
  const [seconds = '', part = ''] = time.replace(/Z$/, '').split('.');
  return `${seconds}.${part.padEnd(9, '0')}`;
};

/** Cuts off a line that was being written when its writer died. */
const readPosition = async (file: string): Promise<Position> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const size = Buffer.byteLength(whole);
  if (whole.length < text.length) await truncate(file, size);
  const lines = whole.split('\n').slice(0, -1);
  const time = timeOf(lines.at(-1) ?? '');
  return { time, count: lines.filter((line) => timeOf(line) === time).length, size };
};

/** Says of each line that comes whether it is behind the position; the server may begin a second earlier. */
const beyond = ({ time, count }: Position): ((line: string) => boolean) => {
  const last = comparable(time);
  let known = count;
  return (line) => {
    if (time === '') return true;
    const at = comparable(timeOf(line));
    if (at !== last) return at > last;
    known -= 1;
    return known < 0;
  };
};

/** Reads on until the stream ends or breaks. */
const readOn = async (open_: OpenLog, name: string, { namespace, file, signal }: FollowedPod) => {
  const position = await readPosition(file);
  if (position.size > SIZE_LIMIT) return;
  const stream = await open_(namespace, name, position.time === '' ? undefined : position.time, signal);
  if (stream === undefined) return;
  const isNew = beyond(position);
  const log = await open(file, 'a', 0o600);
  let { size } = position;
  let rest = '';
  try {
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      const text = lines
        .filter(isNew)
        .map((line) => `${line}\n`)
        .join('');
      size += Buffer.byteLength(text);
      if (text !== '') await log.appendFile(text);
      if (size > SIZE_LIMIT) return;
    }
  } finally {
    stream.destroy();
    await log.close();
  }
};

const isOver = (pod: V1Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Follows until the pod has ended and all was read, or until the signal. Never fails: the log is a convenience. */
export const followPodLog = async (openLog: OpenLog, followed: FollowedPod): Promise<void> => {
  const { signal } = followed;
  let seen = false;
  while (!signal.aborted) {
    const pod = followed.pod();
    if (pod === undefined && seen) return;
    if (pod?.metadata?.name !== undefined) {
      seen = true;
      const whole = await readOn(openLog, pod.metadata.name, followed).then(
        () => true,
        () => false,
      );
      if (whole && isOver(pod)) return;
    }
    await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
};
