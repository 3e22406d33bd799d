/** What the CLI says with `--json`, of services that a test has started. */
import type { Decision, SwarmView, TaskView } from '../../domain/swarm/swarm.ts';
import type { Drover } from './drover.ts';

export interface Status {
  readonly view: SwarmView;
  readonly tasks: readonly TaskView[];
  readonly decisions: readonly Decision[];
}

export const droverJson = async <T>(
  drover: Drover,
  args: readonly string[],
  cwd = drover.root,
): Promise<T> => {
  const { code, stdout, stderr } = await drover.cli([...args, '--json'], { cwd });
  if (code !== 0) throw new Error(`drover ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
};
