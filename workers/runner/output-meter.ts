/**
 * Watches what an agent's processes print: how much, and whether the machine is running out of something. Ends an
 * agent that prints without end, and one that goes on although the disk or the memory is used up.
 */
import { FULL_DISK_WORDS, isDiskLow } from '../../activities/process/disk.ts';
import type { Ending } from './ending.ts';

const MEMORY = ['Cannot allocate memory', 'cannot allocate memory', 'ENOMEM'];
/** Once can be a tool that copes with it; twice is an agent that does not. */
const SIGHTINGS = 2;

const occurrences = (chunk: Buffer, words: readonly string[]): number => {
  let count = 0;
  for (const word of words)
    for (let at = chunk.indexOf(word); at >= 0; at = chunk.indexOf(word, at + word.length)) count++;
  return count;
};

export interface OutputMeterOptions {
  readonly ending: Ending;
  readonly maxBytes: number;
  /** Directories on the disks that the agent may have filled. */
  readonly disks: readonly string[];
}

/** @returns a function to be called with every chunk that is printed */
export const createOutputMeter = ({
  ending,
  maxBytes,
  disks,
}: OutputMeterOptions): ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) => {
  let bytes = 0;
  let full = 0;
  return (stream, chunk) => {
    bytes += chunk.length;
    if (bytes > maxBytes)
      ending.end('output_limit', `The agent printed more than its limit of ${maxBytes} bytes and was ended`);
    const onDisk = occurrences(chunk, FULL_DISK_WORDS);
    if (onDisk > 0 && disks.some(isDiskLow)) full += onDisk;
    if (stream === 'stderr') full += occurrences(chunk, MEMORY);
    if (full >= SIGHTINGS)
      ending.end(
        'resources_exhausted',
        'The disk or the memory of the machine is used up: the agent reported it twice and was ended',
      );
  };
};
