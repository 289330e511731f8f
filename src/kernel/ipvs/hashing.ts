import type { Ip } from '../../addr/index.ts';
import { foldAddress, hash32, hsiphash } from './hash.ts';
import type { RealServer, VirtualServer } from './model.ts';
import { greatestCommonDivisor, listOrder } from './server-list.ts';

/**
 * The schedulers that hash: the same client (or, of dh, the same address asked) always gets the same server. Each has
 * a table of the servers that follows from the list alone.
 */

/** What the choice depends on. */
export interface HashInput {
  readonly src: Ip;
  readonly sport: number;
  readonly dst: Ip;
}

/** CONFIG_IP_VS_SH_TAB_BITS and CONFIG_IP_VS_DH_TAB_BITS. */
const BITS = 8;
const BUCKETS = 1 << BITS;

/** ip_vs_sh_schedule (net/netfilter/ipvs/ip_vs_sh.c): undefined where the server of the bucket takes nothing. */
export function sourceHash(service: VirtualServer, { src, sport }: HashInput): RealServer | undefined {
  const table = tableOf(service, dealtByWeight);
  const first = hash32(foldAddress(src) + (service.flags.port ? sport : 0), BITS);
  const server = table[first];
  if (server === undefined || server.weight > 0 || !service.flags.fallback) return available(server);
  for (let i = 0; i < BUCKETS; i++) {
    const other = table[(((i + first) % BUCKETS) + first) % BUCKETS];
    if (other !== undefined && other.weight > 0) return other;
  }
  return undefined;
}

/** ip_vs_dh_schedule (ip_vs_dh.c). */
export function destinationHash(service: VirtualServer, { dst }: HashInput): RealServer | undefined {
  return available(tableOf(service, dealtEvenly)[hash32(foldAddress(dst), BITS)]);
}

/** The prime of CONFIG_IP_VS_MH_TAB_INDEX=12. */
const MAGLEV_SIZE = 4093;
/** IP_VS_MH_TAB_BITS: half the index. */
const MAGLEV_WEIGHT_BITS = 6;
/** generate_hash_secret: keys that every machine has. */
const MAGLEV_KEY = 2654435761n;
const MAGLEV_SKIP_KEY = 2654446892n;

/** ip_vs_mh_schedule (ip_vs_mh.c). */
export function maglevHash(service: VirtualServer, { src, sport }: HashInput): RealServer | undefined {
  const table = tableOf(service, maglevTable);
  const word = foldAddress(src) + (service.flags.port ? sport : 0);
  const first = hsiphash(word, MAGLEV_KEY) % MAGLEV_SIZE;
  const server = table[first];
  if (server === undefined || server.weight > 0 || !service.flags.fallback) return available(server);
  for (let i = 0; i < MAGLEV_SIZE; i++) {
    const other = table[hsiphash(word + ((i + first) % MAGLEV_SIZE), MAGLEV_KEY) % MAGLEV_SIZE];
    if (other === undefined) return undefined;
    if (other.weight > 0) return other;
  }
  return undefined;
}

function available(server: RealServer | undefined): RealServer | undefined {
  return server !== undefined && server.weight > 0 ? server : undefined;
}

type Table = readonly RealServer[];

const tables = new WeakMap<VirtualServer, Table>();

function tableOf(service: VirtualServer, build: (servers: readonly RealServer[]) => Table): Table {
  let table = tables.get(service);
  if (table === undefined) {
    table = build(listOrder(service));
    tables.set(service, table);
  }
  return table;
}

/** ip_vs_sh_reassign: round the list, as many buckets at a time as a server has weight, at least one. */
function dealtByWeight(servers: readonly RealServer[]): Table {
  const out: RealServer[] = [];
  while (servers.length > 0 && out.length < BUCKETS) {
    for (const server of servers) {
      for (let n = 0; n < Math.max(1, server.weight) && out.length < BUCKETS; n++) out.push(server);
    }
  }
  return out;
}

/** ip_vs_dh_reassign: round the list, a bucket each. */
function dealtEvenly(servers: readonly RealServer[]): Table {
  const out: RealServer[] = [];
  while (servers.length > 0 && out.length < BUCKETS) out.push(...servers.slice(0, BUCKETS - out.length));
  return out;
}

/**
 * ip_vs_mh_permutate and ip_vs_mh_populate: each server has an order of its own in which it wants the places of the
 * table; they take turns, by weight, each its next place that is still free. Weights that became 0 count as they
 * were before (last_weight).
 */
function maglevTable(servers: readonly RealServer[]): Table {
  const weights = servers.map(lastWeightOf);
  const divisor = weights.filter((weight) => weight > 0).reduce(greatestCommonDivisor, 0);
  if (divisor === 0) return [];
  // fls(): the number of bits of the largest weight.
  const bits = 32 - Math.clz32(Math.floor(Math.max(...weights) / divisor));
  const shift = Math.max(0, bits - MAGLEV_WEIGHT_BITS);
  const wishes = servers.map((server) => {
    const { ip, port } = server;
    const lastWeight = lastWeightOf(server);
    const word = foldAddress(ip) + port;
    const turns = Math.floor(lastWeight / divisor) >> shift;
    return {
      at: hsiphash(word, MAGLEV_KEY) % MAGLEV_SIZE,
      skip: (hsiphash(word, MAGLEV_SKIP_KEY) % (MAGLEV_SIZE - 1)) + 1,
      turns: turns === 0 && lastWeight > 0 ? 1 : turns,
    };
  });
  const table = new Array<RealServer | undefined>(MAGLEV_SIZE);
  for (let filled = 0; filled < MAGLEV_SIZE; ) {
    for (let i = 0; i < servers.length; i++) {
      const wish = wishes[i];
      for (let n = 0; wish !== undefined && n < wish.turns && filled < MAGLEV_SIZE; n++, filled++) {
        while (table[wish.at] !== undefined) wish.at = (wish.at + wish.skip) % MAGLEV_SIZE;
        table[wish.at] = servers[i];
      }
    }
  }
  return table.filter((server) => server !== undefined);
}

function lastWeightOf({ weight, lastWeight = weight }: RealServer): number {
  return lastWeight;
}
