/** Which executor a name means. Each is loaded only by the runner that needs it. */
import { DroverFailure } from '../../domain/failures.ts';
import { createCommandExecutor } from './command.ts';
import { EXECUTORS } from '../../domain/settings.ts';
import type { Executor } from './executor.ts';

export const loadExecutor = async (name: string): Promise<Executor> => {
  switch (name) {
    case 'command':
      return createCommandExecutor();
    case 'api':
      return (await import('./api/loop.ts')).apiExecutor;
    case 'claude':
      return (await import('./cli/run.ts')).cliExecutor((await import('./cli/claude.ts')).claude);
    default:
      throw new DroverFailure('invalidInput', `There is no executor "${name}"`, {
        hint: `use one of ${EXECUTORS.join(', ')}`,
      });
  }
};
