/** Ports of Drover's own services: the same for the life of a home, so that links keep working. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readIfThere, replaceFile } from '../../store/files.ts';
import { homeAt, type Home } from '../../store/home.ts';
import { freePort, isFree } from '../temporal/server.ts';

export interface ServicePort {
  /** For the one home that most people have. */
  readonly usual: number;
  /** Its place among the ports of any other home: 0 to 3. */
  readonly place: number;
  /** Names the port that the user wants and no other. */
  readonly variable: string;
}

/** Below the ports of the Temporal servers, which begin at 20,000. */
const FIRST_PORT = 10_000;
const PORTS_PER_HOME = 4;
const HOMES = 2_500;

const PortsFile = z.record(z.string(), z.number().int());

const recorded = async (home: Home): Promise<Readonly<Record<string, number>>> => {
  try {
    return PortsFile.parse(JSON.parse((await readIfThere(home.portsFile)) ?? '{}'));
  } catch {
    return {};
  }
};

/** As with Temporal's: every home has ports of its own, always the same. */
const preferred = (home: Home, { usual, place }: ServicePort): number => {
  if (home.root === homeAt().root) return usual;
  const hash = createHash('sha256').update(home.root).digest().readUInt32BE(4);
  return FIRST_PORT + PORTS_PER_HOME * (hash % HOMES) + place;
};

/** @param wanted the port that the user asks for */
export const chooseServicePort = async (
  home: Home,
  name: string,
  rule: ServicePort,
  wanted: number | undefined,
): Promise<number> => {
  if (wanted !== undefined) {
    if (await isFree(wanted)) return wanted;
    throw new Error(`port ${wanted} is in use by another program; unset ${rule.variable} or change it`);
  }
  const port = (await recorded(home))[name] ?? preferred(home, rule);
  return (await isFree(port)) ? port : freePort();
};

let writing = Promise.resolve();

/** One after the other: the services of a home share the file. */
export const recordServicePort = (home: Home, name: string, port: number): Promise<void> => {
  writing = writing.then(async () => {
    const ports = await recorded(home);
    if (ports[name] !== port)
      await replaceFile(home.portsFile, `${JSON.stringify({ ...ports, [name]: port })}\n`);
  });
  return writing;
};
