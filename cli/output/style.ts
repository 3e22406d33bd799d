/** Colours, only where they are wanted. */
import { styleText } from 'node:util';

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
}

const NAMES = ['bold', 'dim', 'red', 'green', 'yellow', 'blue', 'cyan'] as const;

export const style = (coloured: boolean): Style =>
  Object.fromEntries(
    NAMES.map((name) => [
      name,
      (text: string) => (coloured && text !== '' ? styleText(name, text, { validateStream: false }) : text),
    ]),
  ) as unknown as Style;

/** Colours only on a terminal, never with `NO_COLOR` (https://no-color.org) or on a dumb one. */
export const wantsColour = (
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean => {
  const noColour = env['NO_COLOR'];
  return isTerminal && (noColour === undefined || noColour === '') && env['TERM'] !== 'dumb';
};
