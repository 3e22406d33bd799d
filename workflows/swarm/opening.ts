/** Opens the swarm on a host, or takes up what an earlier run has carried. */
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { enterPhase } from './web-ui.ts';
import { causeOf, failureOf, giveUp, isPersonsFault } from '../failures.ts';
import { persist } from './phase-gate.ts';
import { host, plans } from '../proxies.ts';
import type { TaskOutline } from '../../domain/plan/plan.ts';
import { newestVersion, unpack, warn, type CarriedSwarm, type Rules, type Swarm } from './state.ts';

const rulesOf = (settings: SwarmSettings, cores: number): Rules => {
  const { gates, fixAttempts, fixBudget, approval, sharedBudget } = settings;
  const { build, test, verifyParallel = 1 } = settings;
  return {
    gates,
    fixAttempts,
    ...(sharedBudget === undefined ? {} : { sharedBudget }),
    ...(fixBudget === undefined ? {} : { fixBudget }),
    approval,
    verifies: build.length + test.length > 0,
    probes: Math.max(1, Math.min(verifyParallel, cores)),
  };
};

/** What is wrong with the input or the repository ends the swarm at once: a person has to start another one. */
const openOnHost = async (swarm: Swarm): ReturnType<typeof host.openSwarm> => {
  const { swarmId, repository, base, settingsKey } = swarm.input;
  try {
    return await host.openSwarm({
      swarmId,
      repository,
      settingsKey,
      ...(base === undefined ? {} : { base }),
    });
  } catch (error) {
    const failure = failureOf(error);
    if (isPersonsFault(failure)) throw giveUp(causeOf(failure));
    throw failure;
  }
};

export const opening = async (swarm: Swarm, carried: CarriedSwarm | undefined): Promise<void> => {
  const { state } = swarm;
  if (carried !== undefined) {
    const newest = newestVersion(state);
    if (newest !== undefined) state.tasks = unpack(carried, await readOutlines(swarm, newest.key));
    swarm.loading = false;
    return;
  }
  enterPhase(swarm, 'planning');
  const {
    settings,
    warnings,
    cores = 1,
    ...opened
  } = await persist(swarm, 'Opening the swarm', () => openOnHost(swarm));
  state.opened = opened;
  state.rules = rulesOf(settings, cores);
  state.parallelism = settings.parallelism;
  for (const warning of warnings) warn(state, warning);
};

export const hostOf = (swarm: Swarm): string => swarm.state.opened?.host ?? '';

/** The tasks of a stored plan, page by page. */
export const readOutlines = (swarm: Swarm, key: string): Promise<readonly TaskOutline[]> =>
  persist(swarm, 'Reading the plan', async () => {
    const outlines: TaskOutline[] = [];
    for (let from: number | undefined = 0; from !== undefined;) {
      const page: Awaited<ReturnType<ReturnType<typeof plans>['readPlan']>> = await plans(
        hostOf(swarm),
      ).readPlan({ swarmId: swarm.input.swarmId, key, from });
      outlines.push(...page.tasks);
      from = page.next;
    }
    return outlines;
  });
