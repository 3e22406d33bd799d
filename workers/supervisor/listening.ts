/**
 * Is it really our process that listens on a port? When two servers start at the same moment, one of them may
 * find the other's answers on the port that both chose.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';

/** Inodes of the sockets that listen on `port`, from the text of `/proc/net/tcp`. */
export const listeningInodes = (table: string, port: number): readonly string[] =>
  table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local, , state]) =>
        state === LISTEN && local !== undefined && Number.parseInt(local.split(':')[1] ?? '', 16) === port,
    )
    .map((fields) => fields[9] ?? '');

/** True on systems without `/proc`, where it cannot be told. */
export const listensOn = (pid: number, port: number): boolean => {
  let inodes: readonly string[];
  try {
    inodes = listeningInodes(readFileSync('/proc/net/tcp', 'utf8'), port);
  } catch {
    return true;
  }
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
};
