/**
 * A program: everything Drover does with git for two tasks, from the workspace to the delivered branch, each step
 * by its activity and as if it had been tried before. Dies at the crash point that it is given.
 *
 *   node drive-git.ts '{"home":…,"repository":…,"planKey":…,"settingsKey":…,"baseCommit":…,"at":…,"onceFile":…}'
 */
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorkspaceActivities } from '../../activities/git/hand-over.ts';
import { createIntegrationActivities } from '../../activities/git/integration.ts';
import { armCrashPoint, type CrashPoint } from '../../store/crash-point.ts';
import { agentDirectory, homeAt, swarmDirectory } from '../../store/home.ts';
import { bundleWork, commitWork } from './opened-swarm.ts';

export interface Drive {
  readonly home: string;
  readonly repository: string;
  readonly planKey: string;
  readonly settingsKey: string;
  readonly baseCommit: string;
  readonly at?: CrashPoint;
  readonly onceFile: string;
}

const drive = JSON.parse(process.argv[2] ?? '{}') as Drive;
const { planKey, settingsKey, baseCommit, repository } = drive;
if (drive.at !== undefined) armCrashPoint(drive.at, drive.onceFile);

const home = homeAt(drive.home);
const swarmId = 's1';
const workspaces = createWorkspaceActivities({ home, recall: async () => [] });
const train = createIntegrationActivities({ home });

const tips = [];
for (const ordinal of [0, 1]) {
  const [taskId, agentId] = [`t${ordinal}`, `agent-${ordinal}`];
  const about = { planKey, settingsKey, baseCommit, dependencies: [], previous: [] };
  await workspaces.prepareAgent({ swarmId, taskId, ordinal, attempt: 1, ...about });
  const agent = agentDirectory(swarmDirectory(home, swarmId), agentId);
  const worked = await access(agent.bundle).then(
    () => true,
    () => false,
  );
  if (!worked) {
    await writeFile(join(agent.workspace, `${taskId}.txt`), `${taskId}\n`);
    await commitWork(agent, taskId);
    await bundleWork(agent, baseCommit);
  }
  const handed = await workspaces.handOver({ swarmId, agentId });
  if (handed.kind === 'refused') throw new Error(handed.reason);
  tips.push({ taskId, commit: handed.commit, priority: 2, dependsOn: [] });
}
const { tip } = await train.mergeBranches({ swarmId, tip: baseCommit, branches: tips, landed: [] });
await train.advanceTrain({ swarmId, from: baseCommit, to: tip });
await train.deliver({ swarmId, repository, commit: tip });
