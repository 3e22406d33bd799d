/** Which executor a name means. Each is loaded only by the runner that needs it. */
import { DroverFailure } from '../../domain/failures.ts';
import { createCommandExecutor } from './command.ts';
import { EXECUTORS, type ExecutorSettings } from '../../domain/swarm/settings.ts';
import type { Dialect } from './cli/dialect.ts';
import type { Executor } from './executor.ts';

const cliExecutor = async (dialect: Dialect): Promise<Executor> =>
  (await import('./cli/run.ts')).cliExecutor(dialect);

export const loadExecutor = async (name: string, settings?: ExecutorSettings): Promise<Executor> => {
  switch (name) {
    case 'command':
      return createCommandExecutor();
    case 'api':
      return (await import('./api/loop.ts')).apiExecutor;
    case 'claude':
      return cliExecutor((await import('./cli/claude.ts')).claude);
    case 'codex':
      return cliExecutor((await import('./cli/codex.ts')).codex);
    case 'gemini':
      return cliExecutor((await import('./cli/gemini.ts')).gemini);
    case 'agent-teams':
      return cliExecutor((await import('./cli/claude.ts')).agentTeams);
    case 'hybrid':
      return (await import('./hybrid.ts')).hybridExecutor(settings, loadExecutor);
    case 'acp':
      return (await import('./acp/executor.ts')).acpExecutor;
    case 'cli':
      return cliExecutor((await import('./cli/custom.ts')).custom);
    default:
      throw new DroverFailure('invalidInput', `There is no executor "${name}"`, {
        hint: `use one of ${EXECUTORS.join(', ')}`,
      });
  }
};
