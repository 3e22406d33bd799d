/** Is the work of every accepted task in the result exactly once, and nothing else? */
import type { Report } from '../../../domain/report/report.ts';
import { git } from '../repository.ts';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

const isAncestor = (hub: string, commit: string, of: string): Promise<boolean> =>
  git(hub, 'merge-base', '--is-ancestor', commit, of).then(
    () => true,
    () => false,
  );

/** Each commit of the train above its base, oldest first, with its parents. */
const train = async (
  hub: string,
  base: string,
  tip: string,
): Promise<{ commit: string; parents: string[] }[]> =>
  lines(await git(hub, 'rev-list', '--first-parent', '--reverse', '--parents', `${base}..${tip}`)).map(
    (line) => {
      const [commit = '', ...parents] = line.split(' ');
      return { commit, parents };
    },
  );

const duplicates = (values: readonly string[]): string[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];

/** @param hub any repository that has the objects */
export const resultViolations = async (hub: string, report: Report): Promise<string[]> => {
  const violations: string[] = [];
  const tip = report.result?.commit ?? report.baseCommit;
  const merges = await train(hub, report.baseCommit, tip);
  for (const taskId of duplicates(report.landings.map((landing) => landing.taskId)))
    violations.push(`task ${taskId} landed more than once`);
  for (const { taskId, commit, mergeCommit } of report.landings) {
    if (!(await isAncestor(hub, commit, tip))) violations.push(`the work of ${taskId} is not in the result`);
    if (!merges.some((merge) => merge.commit === mergeCommit))
      violations.push(`the merge of ${taskId} is not on the result's first-parent line`);
    const times = merges.filter((merge) => merge.parents.slice(1).includes(commit)).length;
    if (times > 1) violations.push(`the work of ${taskId} was merged ${times} times`);
  }
  const known = new Set(report.landings.map((landing) => landing.mergeCommit));
  for (const { commit } of merges)
    if (!known.has(commit)) violations.push(`${commit} is on the result's first-parent line, but no landing`);
  const landed = new Set(report.landings.map((landing) => landing.taskId));
  for (const task of report.tasks) {
    if ((task.landing === 'landed') !== landed.has(task.id))
      violations.push(`task ${task.id} says ${task.landing ?? 'nothing'}, its landing says otherwise`);
    if (task.landing !== 'landed' && task.commit !== undefined && (await isAncestor(hub, task.commit, tip)))
      if (!(await isAncestor(hub, task.commit, report.baseCommit)))
        violations.push(`task ${task.id} did not land, but its work is in the result`);
  }
  return violations;
};

/**
 * The ledger: a file in which the agent of task `t` writes the line `done t` below the line `# t`. What was
 * applied twice, lost, or applied though refused shows in the text itself, whatever the merge graph says.
 */
export const ledgerViolations = async (
  hub: string,
  report: Report,
  ledgerFile: string,
): Promise<string[]> => {
  const tip = report.result?.commit ?? report.baseCommit;
  const text = lines(await git(hub, 'show', `${tip}:${ledgerFile}`));
  return report.tasks.flatMap((task) => {
    const times = text.filter((line) => line === `done ${task.id}`).length;
    const wanted = task.landing === 'landed' ? 1 : 0;
    return times === wanted ? [] : [`the ledger has "done ${task.id}" ${times} times instead of ${wanted}`];
  });
};
