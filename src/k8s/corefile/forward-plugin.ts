import { parseIp } from '../../addr/index.ts';
import type { DnsUpstream, ForwardPlugin } from '../objects.ts';
import type { Complaints } from './complaints.ts';
import type { Directive, Word } from './corefile-syntax.ts';
import { zonesOf } from './dns-zones.ts';

/** From here on `forward` takes names of hosts (coredns/coredns pull request 7923, after 1.14.2). */
const TAKES_NAMES: readonly number[] = [1, 14, 3];
/** What node-cache puts the address of the cluster's DNS in place of (cmd/node-cache/app/configmap.go). */
export const CLUSTER_PILLAR = '__PILLAR__CLUSTER__DNS__';
/** More are refused (plugin/forward/setup.go). */
const MOST = 15;

const POLICIES: readonly ForwardPlugin['policy'][] = ['random', 'round_robin', 'sequential'];
const PROPERTIES: readonly string[] = [
  ...['except', 'force_tcp', 'prefer_udp', 'expire', 'max_fails', 'max_connect_attempts', 'tls'],
  ...['tls_servername', 'policy', 'health_check', 'max_concurrent', 'next', 'failover', 'max_age'],
  ...['failfast_all_unhealthy_upstreams', 'max_idle_conns', 'resolver', 'doh_method', 'spray', 'protocol'],
  // Of plugin proxy.
  ...['fail_timeout', 'upstream'],
];

/** Reads `forward FROM TO... { ... }` (plugin/forward/setup.go, plugin/pkg/parse/host.go), or `proxy`. */
export function readForward(
  { words, block }: Directive,
  version: readonly number[],
  complaints: Complaints,
): ForwardPlugin | undefined {
  const [name, from, ...to] = words;
  if (name === undefined) return undefined;
  if (from === undefined || to.length === 0) {
    complaints.refuse(
      name.at,
      `Wrong argument count or unexpected line ending after '${(from ?? name).text}'`,
    );
    return undefined;
  }
  const zones = zonesOf(from.text);
  if (zones === undefined) complaints.refuse(from.at, `not a valid zone: ${from.text}`);
  if (to.length > MOST) complaints.refuse(name.at, `more than ${MOST} TOs configured: ${to.length}`);
  const options = readOptions(block, complaints);
  const upstreams = to.flatMap((word) => upstreamOf(word, options.tcp, version, complaints) ?? []);
  const [zone] = zones ?? [];
  if (zone === undefined) return undefined;
  return { from: zone, except: options.except, to: upstreams, policy: options.policy };
}

interface Options {
  readonly except: readonly string[];
  readonly policy: ForwardPlugin['policy'];
  readonly tcp: boolean;
}

function readOptions(block: readonly Directive[], { refuse, unknown }: Complaints): Options {
  const except: string[] = [];
  let policy: ForwardPlugin['policy'] = 'random';
  let tcp = false;
  for (const { words } of block) {
    const [property, ...rest] = words;
    if (property === undefined) continue;
    const { text, at } = property;
    if (!PROPERTIES.includes(text)) unknown(at, `unknown property '${text}'`, text, PROPERTIES);
    const [first] = rest;
    if (text === 'force_tcp') tcp = true;
    if (text === 'except') {
      if (first === undefined) refuse(at, "Wrong argument count or unexpected line ending after 'except'");
      for (const zone of rest) {
        const zones = zonesOf(zone.text);
        if (zones === undefined) refuse(zone.at, `unable to normalize '${zone.text}'`);
        except.push(...(zones ?? []));
      }
    }
    if (text === 'policy') {
      const known = POLICIES.find((one) => one === first?.text);
      if (known !== undefined) policy = known;
      // Of plugin proxy: the first that is healthy.
      else if (first?.text === 'first') policy = 'sequential';
      else unknown(first?.at ?? at, `unknown policy '${first?.text ?? ''}'`, first?.text ?? '', POLICIES);
    }
  }
  return { except, policy, tcp };
}

/** `10.0.0.1`, `10.0.0.1:5353`, `[fd00::1]:53`, `tls://9.9.9.9`, `/etc/resolv.conf`, and of late `dns.example.com`. */
function upstreamOf(
  { text, at }: Word,
  tcp: boolean,
  version: readonly number[],
  { refuse, unmodelled }: Complaints,
): DnsUpstream | undefined {
  if (text === CLUSTER_PILLAR) return { kind: 'cluster', transport: tcp ? 'TCP' : 'UDP' };
  const [, scheme = 'dns', host = ''] = /^(?:([a-z0-9]+):\/\/)?(.*)$/.exec(text) ?? [];
  if (scheme === 'https') {
    unmodelled(at, `forward to ${text}: DNS over HTTPS is not modelled`);
    return undefined;
  }
  if (scheme !== 'dns' && scheme !== 'tls') {
    refuse(at, `'${scheme}' is not supported as a destination protocol in forward: ${text}`);
    return undefined;
  }
  if (host.startsWith('/')) return { kind: 'file', path: host, transport: tcp ? 'TCP' : 'UDP' };
  const [, inside, outside, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(host) ?? [];
  const address = (inside ?? outside ?? host).replace(/%.*$/, '');
  const transport = scheme === 'tls' ? 'TLS' : tcp ? 'TCP' : 'UDP';
  const port = digits === undefined ? (transport === 'TLS' ? 853 : 53) : Number(digits);
  const ip = parseIp(address);
  if (ip !== undefined && port > 0 && port <= 65535) return { kind: 'address', ip, port, transport };
  if (takesNames(version) && /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(address))
    return { kind: 'name', name: address, port, transport };
  const since = `CoreDNS before ${TAKES_NAMES.join('.')}, as this ${version.join('.')}, takes no names here`;
  refuse(at, `not an IP address or file: "${host}"`, `write its address; ${since}`);
  return undefined;
}

function takesNames(version: readonly number[]): boolean {
  for (const [i, wanted] of TAKES_NAMES.entries()) {
    const has = version[i] ?? 0;
    if (has !== wanted) return has > wanted;
  }
  return true;
}
