import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatIp, ip } from '../../../../src/addr/index.ts';
import {
  type AnswerRecord,
  type DnsQuestion,
  getaddrinfo,
  type Libc,
  type Reply,
  sortAddresses,
} from '../../../../src/controllers/resolver/index.ts';
import { parseHosts, parseResolvConf } from '../../../../src/formats/files/index.ts';

interface Behaviour {
  readonly rcode?: string;
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly cname?: string;
}
type Zone = Readonly<Record<string, Behaviour | 'drop'>>;

interface Measured {
  readonly queries: readonly string[];
  readonly addresses: readonly string[];
  readonly canonicalName?: string;
  readonly error?: string;
  readonly seconds: number;
  readonly raced?: boolean;
}

interface Case {
  readonly title: string;
  readonly name: string;
  readonly resolvConf: string;
  readonly answers?: Zone | Readonly<Record<string, Zone>>;
  readonly closed?: readonly string[];
  readonly glibc: Measured;
  readonly musl: Measured;
}

const golden = JSON.parse(
  readFileSync(new URL('../../../golden/resolver/getaddrinfo.json', import.meta.url), 'utf8'),
) as { readonly hosts: string; readonly cases: readonly Case[] };

/** The nameservers of the measurement. */
function replyOf({ answers = {}, closed = [] }: Case, { server, name, type }: DnsQuestion): Reply {
  if (closed.includes(server)) return { kind: 'closed' };
  const zone = ((answers as Readonly<Record<string, Zone>>)[server] ?? answers) as Zone;
  const behaviour = zone[`${name} ${type}`] ?? zone[name] ?? zone['*'] ?? { rcode: 'NXDOMAIN' };
  if (behaviour === 'drop') return { kind: 'silence' };
  const { rcode = 'NOERROR', cname } = behaviour;
  const owner = cname ?? name;
  const records: AnswerRecord[] = [
    ...(cname === undefined ? [] : [{ name, type: 'CNAME', data: cname }]),
    ...(behaviour[type] ?? []).map((data) => ({ name: owner, type, data })),
  ];
  return { kind: 'answer', rcode, records };
}

const SOURCES = { 4: { ip: ip('10.9.0.1'), length: 24 }, 6: { ip: ip('2001:db8::1'), length: 64 } };

describe.each<Libc>(['glibc', 'musl'])('getaddrinfo of %s does what was measured', (libc) => {
  const files = parseHosts(golden.hosts);
  it.each(golden.cases.map((one) => [one.title, one] as const))('%s', (_, one) => {
    const found = getaddrinfo(
      one.name,
      { resolvConf: parseResolvConf(one.resolvConf), hosts: files },
      libc,
      (question) => replyOf(one, question),
    );
    const sorted = sortAddresses(found.addresses, libc, (to) => SOURCES[typeof to === 'number' ? 4 : 6]);
    const { seconds, raced = false, ...measured } = one[libc];
    const queries = found.queries.map(({ server, name, type }) => `${server} ${name} ${type}`);
    expect({
      queries: raced ? queries.length : queries,
      addresses: sorted.flat().map((address) => formatIp(address)),
      ...(found.canonicalName === undefined ? {} : { canonicalName: found.canonicalName }),
      ...(found.error === undefined ? {} : { error: found.error }),
    }).toEqual(raced ? { ...measured, queries: measured.queries.length } : measured);
    expect(found.waited).toBe(seconds);
  });
});
