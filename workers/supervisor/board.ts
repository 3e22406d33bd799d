/** The supervisor's view of its services, kept in memory and told in `up.json` after every change. */
import { rm } from 'node:fs/promises';
import type { Home } from '../../store/home.ts';
import type { NodeServiceName } from './service-table.ts';
import { writeServices, type Services, type ServiceState } from './services.ts';

type TemporalFacts = Pick<Services['temporal'], 'kind' | 'address' | 'namespace' | 'uiUrl'>;

export class Board {
  readonly #home: Home;
  readonly #say: (line: string) => void;
  #services: Services;
  #written = Promise.resolve();

  constructor(home: Home, first: Services, say: (line: string) => void) {
    this.#home = home;
    this.#services = first;
    this.#say = say;
  }

  get services(): Services {
    return this.#services;
  }

  setService(name: NodeServiceName, state: ServiceState): void {
    const { url } = this.#services[name] as { url?: string };
    this.#change({ [name]: { ...state, ...(url === undefined ? {} : { url }) } });
  }

  setUrl(name: NodeServiceName, url: string): void {
    this.#change({ [name]: { ...this.#services[name], url } });
  }

  setTemporal(state: ServiceState): void {
    const { kind, address, namespace, uiUrl } = this.#services.temporal;
    this.#change({
      temporal: { kind, address, namespace, ...(uiUrl === undefined ? {} : { uiUrl }), ...state },
    });
  }

  setTemporalFacts(facts: Partial<TemporalFacts>): void {
    this.#change({ temporal: { ...this.#services.temporal, ...facts } });
  }

  /** Resolves when everything said so far is in the file. */
  get written(): Promise<void> {
    return this.#written;
  }

  async remove(): Promise<void> {
    await this.#written;
    await rm(this.#home.upFile, { force: true });
  }

  #change(next: Partial<Services>): void {
    this.#services = { ...this.#services, ...next };
    const snapshot = this.#services;
    // One after the other, or an older state could overwrite a newer one. A full disk must not end the services.
    this.#written = this.#written
      .then(() => writeServices(this.#home, snapshot))
      .catch((error: unknown) => this.#say(`up.json cannot be written: ${String(error)}`));
  }
}
