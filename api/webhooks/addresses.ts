/**
 * Which addresses webhooks may reach. A URL comes from a file in a repository, so that it must not be a way into the
 * network that Drover runs in: only addresses of the public internet, and what whoever runs Drover allows besides.
 */
import { lookup as resolve } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Names, addresses and networks besides the public ones. */
export interface AllowedAddresses {
  readonly names: ReadonlySet<string>;
  readonly networks: BlockList;
}

/** Everything that is not the public internet (IANA's special-purpose registry). */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Of IPv6 only this part is public, without what stands for an IPv4 address or nothing. */
const PUBLIC_V6 = '2000::/3';
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const add = (list: BlockList, network: string): void => {
  const [address = '', bits] = network.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  list.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
};

const listOf = (networks: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const network of networks) add(list, network);
  return list;
};

const notPublic = listOf([...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6]);
const publicV6 = listOf([PUBLIC_V6]);

const isPublic = (address: string): boolean =>
  isIP(address) === 6
    ? publicV6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6')
    : !notPublic.check(address, 'ipv4');

const isNetwork = (text: string): boolean => {
  const [address = '', bits = '0', ...rest] = text.split('/');
  const family = isIP(address);
  return (
    family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32)
  );
};

/** @param entries checked by `config/environment.ts` */
export const allowedAddresses = (entries: readonly string[]): AllowedAddresses => ({
  names: new Set(entries.filter((entry) => !isNetwork(entry))),
  networks: listOf(entries.filter(isNetwork)),
});

interface Reach {
  readonly host: string;
  /** Without TLS only what was allowed by name or address is reached. */
  readonly secure: boolean;
}

const refusal = ({ host, secure }: Reach): Error =>
  new Error(
    secure
      ? `${host} is not an address of the public internet; allow it with DROVER_WEBHOOKS_ALLOW where the API runs`
      : `${host} is asked without TLS; use https, or allow it with DROVER_WEBHOOKS_ALLOW where the API runs`,
  );

const isAllowed = (
  { names, networks }: AllowedAddresses,
  { host, secure }: Reach,
  address: string,
): boolean =>
  names.has(host) ||
  networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') ||
  (secure && isPublic(address));

/** For a URL that holds an address: no name is looked up then. @throws when it may not be reached */
export const checkLiteral = (allowed: AllowedAddresses, reach: Reach): void => {
  if (isIP(reach.host) !== 0 && !isAllowed(allowed, reach, reach.host)) throw refusal(reach);
};

/** Looks a name up once and gives only what may be reached; the connection is made to just that. */
export const guardedLookup =
  (allowed: AllowedAddresses, reach: Reach): LookupFunction =>
  (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const open = found.filter(({ address }) => isAllowed(allowed, reach, address));
      const [first] = open;
      if (first === undefined) callback(refusal(reach), []);
      else if (options.all === true) callback(null, open);
      else callback(null, first.address, first.family);
    });
  };

/**
 * For a connection that a proxy makes: it is told the address that was checked here, not a name that it would look up
 * anew. A name that is allowed is left to it.
 */
export const addressForProxy = async (allowed: AllowedAddresses, reach: Reach): Promise<string> => {
  const { host } = reach;
  if (allowed.names.has(host)) return host;
  if (isIP(host) !== 0) {
    checkLiteral(allowed, reach);
    return host;
  }
  const found = await lookup(host, { all: true }).catch((error: unknown) => {
    throw new Error(
      `${host} cannot be looked up here; where only the proxy can, allow it with DROVER_WEBHOOKS_ALLOW`,
      { cause: error },
    );
  });
  const open = found.find(({ address }) => isAllowed(allowed, reach, address));
  if (open === undefined) throw refusal(reach);
  return open.address;
};
