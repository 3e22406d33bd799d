/** Arguments of a declared program: a template that is filled in without a shell. */

/** What stands in the place of `{name}` in an argument; a filled-in text is not looked at again. */
export const filledIn = (argument: string, values: Readonly<Record<string, string>>): string =>
  argument.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : whole,
  );

export const names = (given: readonly string[], name: string): boolean =>
  given.some((argument) => argument.includes(`{${name}}`));
