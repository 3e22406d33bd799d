/**
 * The two Temporal workers of one process: swarms on the shared task queue, and their tasks, with everything that
 * needs the disk of this host, on the host's own queue.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  NativeConnection,
  Worker,
  type ActivityInterceptorsFactory,
  type WorkerDeploymentOptions,
  type WorkerOptions,
} from '@temporalio/worker';
import type { VersioningBehavior } from '@temporalio/common';
import { keepAlive } from '../../activities/heartbeat.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { hostTaskQueue, WORKFLOW_TASK_QUEUE } from '../../domain/names.ts';
import { ENCODED_FAILURES } from '../program.ts';
import { connectOptions, type TemporalTarget } from '../temporal/connect.ts';
import { failureLimit } from './tries.ts';

export interface DroverWorkerOptions {
  readonly target: TemporalTarget;
  readonly hostId: string;
  /** Workflow code, bundled ahead or to be bundled now. */
  readonly workflows: Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;
  /** Of the shared queue: what needs no particular host. */
  readonly sharedActivities: object;
  readonly hostActivities: object;
  /** Turns worker versioning on: swarms move to the newest version, their tasks end on the one they began with. */
  readonly buildId?: string;
  readonly onReady: () => void;
  readonly say: (line: string) => void;
}

const CONNECT_TIMEOUT_MS = 60_000;
const CONNECT_RETRY_MS = 250;

const LIMITS = {
  /**
   * After the death of a worker the server offers a workflow's next step to the dead one for this long (measured:
   * a SIGKILL cost 1.2 s instead of 10 s).
   */
  stickyQueueScheduleToStartTimeout: '1s',
  /** A cancellation reaches an activity with its next heartbeat; the default lets it wait for up to 60 s. */
  maxHeartbeatThrottleInterval: '3s',
  shutdownGraceTime: '1s',
  /** Less than the supervisor's grace. */
  shutdownForceTime: '10s',
} as const;

const DEPLOYMENT = 'drover';

/**
 * Each step of a workflow puts the version into its history twice; the default is 87 characters long. Without a
 * build id versions of workers are not told apart: changed workflows are patched.
 */
const versioning = (
  buildId: string | undefined,
  defaultVersioningBehavior: VersioningBehavior,
): WorkerDeploymentOptions =>
  buildId === undefined
    ? { version: { deploymentName: DEPLOYMENT, buildId: '1' }, useWorkerVersioning: false }
    : {
        version: { deploymentName: DEPLOYMENT, buildId },
        useWorkerVersioning: true,
        defaultVersioningBehavior,
      };

/** One that is not cached is replayed for each of its steps. The process shall stay below 512 MB with 10,000 tasks. */
const CACHED_SWARMS = 50;
const CACHED_TASKS = 100;
/** Each running agent holds one for its whole life, doing next to nothing. */
const HOST_ACTIVITIES = 600;

/** So that the death of a worker in the middle of any activity is noticed within seconds. */
const heartbeats: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    execute: async (input, next) => {
      // A local one lives with the workflow task that it is part of.
      if (context.info.isLocal) return next(input);
      const end = keepAlive(context);
      try {
        return await next(input);
      } finally {
        end();
      }
    },
  },
});

const connectWithPatience = async (
  target: TemporalTarget,
  say: (line: string) => void,
): Promise<NativeConnection> => {
  const end = Date.now() + CONNECT_TIMEOUT_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await NativeConnection.connect(connectOptions(target));
    } catch (error) {
      if (Date.now() > end)
        throw new DroverFailure('unavailable', `No Temporal server answers at ${target.address}`, {
          hint: 'drover up starts the services, drover doctor says what is wrong',
          cause: error,
        });
      if (attempt === 1) say(`waiting for Temporal at ${target.address}`);
      await sleep(CONNECT_RETRY_MS);
    }
  }
};

/** Resolves after a clean end (SIGTERM, SIGINT); rejects when the workers cannot go on. */
export const runWorker = async (options: DroverWorkerOptions): Promise<void> => {
  const { target, hostId, say } = options;
  const connection = await connectWithPatience(target, say);
  const common = {
    connection,
    namespace: target.namespace,
    identity: `${process.pid}@${hostId}`,
    interceptors: { activity: [heartbeats, failureLimit()] },
    ...LIMITS,
    ...(target.encryption === undefined
      ? {}
      : {
          dataConverter: {
            payloadCodecs: [target.encryption.codec],
            ...(target.encryption.on ? { failureConverterPath: ENCODED_FAILURES } : {}),
          },
        }),
  };
  const workers = await Promise.all([
    Worker.create({
      ...common,
      ...options.workflows,
      taskQueue: WORKFLOW_TASK_QUEUE,
      workerDeploymentOptions: versioning(options.buildId, 'AUTO_UPGRADE'),
      activities: options.sharedActivities,
      maxCachedWorkflows: CACHED_SWARMS,
    }),
    Worker.create({
      ...common,
      ...options.workflows,
      maxCachedWorkflows: CACHED_TASKS,
      taskQueue: hostTaskQueue(hostId),
      workerDeploymentOptions: versioning(options.buildId, 'PINNED'),
      activities: options.hostActivities,
      maxConcurrentActivityTaskExecutions: HOST_ACTIVITIES,
    }),
  ]);
  const runs = workers.map(async (worker) => {
    try {
      await worker.run();
    } finally {
      // One without the other does nothing useful: end both, and let the supervisor start anew.
      for (const other of workers) if (other.getState() === 'RUNNING') other.shutdown();
    }
  });
  say(`polling ${WORKFLOW_TASK_QUEUE} and ${hostTaskQueue(hostId)} at ${target.address}`);
  options.onReady();
  const ends = await Promise.allSettled(runs);
  await connection.close();
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
};
