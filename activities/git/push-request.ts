/**
 * What a client of git's smart HTTP asks to be done to refs, read before git sees it. An agent may do one thing: make
 * its own ref, once. Everything else is refused here, and refused by git's configuration once more.
 */
import { isSha } from '../../domain/names.ts';

interface PushCommand {
  readonly from: string;
  readonly to: string;
  readonly ref: string;
}

type Read =
  /** More bytes are needed. */
  | { readonly kind: 'more' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nothing is asked: git's clients look in this way whether they may push. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'command'; readonly command: PushCommand };

/** One command with its capabilities is shorter. */
const COMMANDS_LIMIT_BYTES = 8 * 1024;
const ZERO = /^0+$/;

/** @param ref the only one that may be pushed to */
export const readPush = (bytes: Buffer, ref: string): Read => {
  const commands: PushCommand[] = [];
  for (let at = 0; ;) {
    if (bytes.length < at + 4)
      return bytes.length > COMMANDS_LIMIT_BYTES ? refused('it asks for too much') : { kind: 'more' };
    const word = bytes.toString('latin1', at, at + 4);
    if (!/^[0-9a-f]{4}$/.test(word)) return refused('it is not in the form of git');
    const length = Number.parseInt(word, 16);
    if (length === 0) break;
    if (length < 5 || at + length > COMMANDS_LIMIT_BYTES) return refused('it is not in the form of git');
    if (bytes.length < at + length) return { kind: 'more' };
    const line = bytes.toString('latin1', at + 4, at + length);
    // The first command has what the client can behind a zero byte.
    const [text = '', capabilities = ''] = line.split('\0');
    if (/(^| )push-options( |$)/.test(capabilities)) return refused('it brings options');
    const [, from, to, name] = /^([0-9a-f]+) ([0-9a-f]+) ([^\n]+)\n?$/.exec(text) ?? [];
    if (from === undefined || to === undefined || name === undefined || from.length !== to.length)
      return refused('it asks for something else than moving a ref');
    commands.push({ from, to, ref: name });
    at += length;
  }
  const [command, ...more] = commands;
  if (command === undefined) return { kind: 'probe' };
  if (more.length > 0) return refused('it moves more than one ref');
  if (command.ref !== ref) return refused(`it may only push to ${ref}`);
  if (!isSha(command.from) || !isSha(command.to)) return refused('it names no commit');
  if (ZERO.test(command.to)) return refused('it may not delete its ref');
  if (!ZERO.test(command.from)) return refused('its work was handed in already');
  return { kind: 'command', command };
};

const refused = (reason: string): Read => ({ kind: 'refused', reason });
