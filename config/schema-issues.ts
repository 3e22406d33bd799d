/**
 * Turns what zod found wrong into sentences with a place: which setting, what it must be, what it is, and for a
 * name that is not known the nearest one that is.
 */
import { z } from 'zod';
import { clip, didYouMean, plainLine } from '../domain/text.ts';
import { configError, inFileOrder, type ConfigProblem } from './problem.ts';
import type { YamlText } from './yaml-text.ts';

type Issue = z.core.$ZodIssue;

/** An object without other keys than those of `shape`. The message of its issue carries the known names. */
export const settingsGroup = <Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined),
  });

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings',
  record: 'a group of settings',
};

const found = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return `the text "${clip(plainLine(value), 60)}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a group of settings';
};

/** `verify.build[0].run` */
const pathName = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    const plain = clip(plainLine(String(part)), 60);
    return name === '' ? plain : `${name}.${plain}`;
  }, '');

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (current, part) =>
      typeof current === 'object' && current !== null && Object.hasOwn(current, part)
        ? (current as Record<PropertyKey, unknown>)[part]
        : undefined,
    value,
  );

/** Of the forms that a value may have, the one it was meant to have: its kind is right, something in it is not. */
const intendedForm = (issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined => {
  const sameKind = issue.errors.filter(
    (form) => !form.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
  );
  return sameKind.length === 1 ? sameKind[0] : undefined;
};

const expectation = (issue: Issue, value: unknown): string => {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value': {
      const names = issue.values.map(String);
      return `must be one of ${names.join(', ')}${typeof value === 'string' ? didYouMean(value, names).replace('?', '') : ''}`;
    }
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${issue.maximum} characters`
        : issue.origin === 'array'
          ? `must have at most ${issue.maximum} entries`
          : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
};

interface Reading {
  readonly source: string;
  readonly value: unknown;
  readonly locate: YamlText['locate'];
}

const problemsOf = (issue: Issue, before: readonly PropertyKey[], reading: Reading): ConfigProblem[] => {
  const path = [...before, ...issue.path];
  const name = pathName(path);
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ');
    return issue.keys.map((key) => {
      const near = didYouMean(key, known) || `; the settings here are ${known.join(', ')}`;
      return configError(
        reading.source,
        `"${pathName([...path, key])}" is not a setting${near}`,
        reading.locate([...path, key], 'key'),
      );
    });
  }
  if (issue.code === 'invalid_union') {
    const form = intendedForm(issue);
    if (form !== undefined) return form.flatMap((inner) => problemsOf(inner, path, reading));
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'is not allowed';
    return [configError(reading.source, `The name "${name}" ${why}`, reading.locate(path, 'key'))];
  }
  const value = valueAt(reading.value, path);
  const subject = name === '' ? 'The file' : `"${name}"`;
  const must = expectation(issue, value);
  // A rule about a whole group says what is wrong with it; what the group is helps nobody.
  const isGroup = issue.code === 'custom' && typeof value === 'object';
  const message =
    value === undefined && name !== ''
      ? `${subject} is missing; it ${must}`
      : `${subject} ${must}${isGroup ? '' : `, but is ${found(value)}`}`;
  return [configError(reading.source, message, reading.locate(path))];
};

export const schemaProblems = (issues: readonly Issue[], reading: Reading): ConfigProblem[] =>
  inFileOrder(issues.flatMap((issue) => problemsOf(issue, [], reading)));
