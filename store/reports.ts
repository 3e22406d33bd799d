/** Reports of swarms that have ended. */
import { basename } from 'node:path';
import type { Report } from '../domain/report/report.ts';
import { readIfThere } from './files.ts';
import { swarmDirectory, type Home } from './home.ts';

/** The report of an ended swarm, if it is on this machine or in a store that several share. */
export const readReport = async (home: Home, swarmId: string): Promise<Report | undefined> => {
  const { reportJson, shelf } = swarmDirectory(home, swarmId);
  const text = (await readIfThere(reportJson)) ?? (await shelf?.get(basename(reportJson)));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
};
