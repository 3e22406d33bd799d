/** The scripted synthesiser's answer: words put together from the facts that it is sent, whatever they are. */

/** @param facts the report in Markdown */
export const scriptedSummary = (facts: string): string => {
  const tasks = row(facts, 'Tasks');
  const verifications = row(facts, 'Verifications');
  const decisions = [...facts.matchAll(/^\| `d\d+` \| (conflict|build|test|task) \| ([^|]+) \| (\w+) \|/gm)];
  return [
    'No model wrote this: the script of the demo put it together from the facts below.',
    ...(tasks === undefined
      ? []
      : [`Tasks: ${tasks}. Verifications of merged trees: ${verifications ?? 'none'}.`]),
    ...(decisions.length === 0
      ? ['Every branch merged, and no test failed on the way.']
      : [
          `${decisions.length} of the branches did not merge or broke a test at first:\n${decisions
            .map(([, kind, question, answer]) => `- ${kind}: ${question} (${answer})`)
            .join('\n')}`,
        ]),
  ].join('\n\n');
};

const row = (facts: string, name: string): string | undefined =>
  new RegExp(`^\\| ${name} \\| ([^|]+) \\|$`, 'm').exec(facts)?.[1]?.trim();
