import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildCluster } from '../../src/cluster/index.ts';
import { formatIpLink, formatIpRouteEntry, ipLinkEntries, ipRouteEntries, printIptablesSave } from '../../src/formats/index.ts';
import { loadCluster } from '../../src/k8s/index.ts';
import { type Netns, rulesetOf } from '../../src/kernel/index.ts';
import { stableHex } from '../../src/addr/index.ts';

/** What the real plugins left for two pods, the second with host ports, under a configuration that stands in the file. */
const FOLDER = new URL('cni/', import.meta.url);

interface Captured {
  readonly configuration: string;
  readonly sections: ReadonlyMap<string, readonly string[]>;
}

function captured(file: string): Captured {
  const [, configuration = '', ...lines] = readFileSync(new URL(file, FOLDER), 'utf8').trimEnd().split('\n');
  const sections = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of lines) {
    if (!line.startsWith('== ')) section.push(line);
    else sections.set(line.slice(3), (section = []));
  }
  return { configuration, sections };
}

function manifests(configuration: string): string {
  const pod = (name: string, ip: string, ports: readonly object[]): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'registry.example/c', ports }] },
    status: { podIP: ip },
  });
  const items = [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      spec: { podCIDR: '10.244.1.0/24' },
      status: { addresses: [{ type: 'InternalIP', address: '192.168.50.11' }] },
    },
    pod('p1', '10.244.1.2', []),
    pod('p2', '10.244.1.3', [
      { containerPort: 80, hostPort: 8088 },
      { containerPort: 53, hostPort: 5353, protocol: 'UDP', hostIP: '192.168.50.11' },
    ]),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-flannel-cfg', namespace: 'kube-system' },
      data: {
        'net-conf.json': '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}',
        'cni-conf.json': configuration,
      },
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

const IDS = ['p1', 'p2'].map((name) => stableHex(`sandbox/default/${name}`, 64));

/** Ids of sandboxes, and the chains named after them, as the captures have them. */
function withCapturedIds(text: string): string {
  const digest = (id: string): string => createHash('sha512').update(`cbr0${id}`).digest('hex');
  return IDS.reduce((done, id, i) => {
    const real = `aaaabbbbcccc000${i + 1}`;
    return done
      .replaceAll(id, real)
      .replaceAll(digest(id).slice(0, 24), digest(real).slice(0, 24))
      .replaceAll(digest(id).slice(0, 21), digest(real).slice(0, 21));
  }, text);
}

/** The order of chains depends on ids: declarations sorted, and rules by their chains. */
function byChain(lines: readonly string[]): string[] {
  const rules = lines.filter((line) => line.startsWith('-A '));
  const chainOf = (line: string): string => line.split(' ')[1] ?? '';
  return [
    ...lines.filter((line) => line.startsWith(':')).sort(),
    ...rules.sort((a, b) => (chainOf(a) < chainOf(b) ? -1 : chainOf(a) > chainOf(b) ? 1 : 0)),
  ];
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe.each(readdirSync(FOLDER))('a node under the configuration of %s', (file) => {
  const { configuration, sections } = captured(file);
  const loaded = loadCluster([{ file: 'in.json', text: manifests(configuration) }]);
  const { world, diagnostics } = buildCluster(loaded.objects, { programs: new Set(['cni']) });
  const netns = (id: string): Netns => {
    const found = world.netns.get(id);
    if (found === undefined) throw new Error(`no ${id}`);
    return found;
  };
  const node = netns('node/n1');
  const pod = netns('pod/default/p2');

  it('is built without a complaint', () => {
    expect([...loaded.diagnostics, ...diagnostics].filter(({ severity }) => severity !== 'note')).toEqual([]);
  });

  it('has the devices, ports and addresses that the plugins left', () => {
    const ours = [...node.links.values()].filter(
      ({ name, kind }) => kind === 'bridge' || name.startsWith('veth'),
    );
    const devices = ours.map((link) => {
      const [header = ''] = formatIpLink(ipLinkEntries(node, { world, device: link.name })).split('\n');
      const [, name = '', flags = '', mtu = ''] = /^\d+: ([^:@]+)\S* <([^>]*)> mtu (\d+)/.exec(header) ?? [];
      return `${name.startsWith('veth') ? 'PORT' : name} <${flags}> mtu ${mtu}`;
    });
    expect(devices).toEqual(sections.get('node devices'));
    const ports = ours.flatMap(({ port }) => (port === undefined ? [] : [`hairpin ${port.hairpin ? 'on' : 'off'}`]));
    expect(ports).toEqual(sections.get('ports'));
    const [bridge] = ours;
    expect(bridge?.addresses.map(({ ip, length }) => [ip, length]) ?? []).toEqual(
      (sections.get('node addresses') ?? []).map(() => [10 * 2 ** 24 + 244 * 2 ** 16 + 257, 24]),
    );
    expect([String(pod.links.get('eth0')?.mtu)]).toEqual(sections.get('pod mtu'));
  });

  it('gives its pods the routes that the plugins gave them', () => {
    const routes = ipRouteEntries(pod, { world }).map((route) => formatIpRouteEntry(route));
    expect(routes.map((route) => route.trimEnd())).toEqual(
      (sections.get('pod routes') ?? []).map((route) => route.trimEnd()),
    );
  });

  it('has the rules that the plugins wrote, and lets 127.0.0.1 cross the same device', () => {
    const text = withCapturedIds(printIptablesSave(rulesetOf(node, 4)));
    expect(byChain(lines(text))).toEqual(byChain(sections.get('iptables') ?? []));
    const localnet = [...node.sysctls]
      .filter(([key, { value }]) => /^net\.ipv4\.conf\.(?!all).*\.route_localnet$/.test(key) && value === '1')
      .map(([key]) => `${key} = 1`);
    expect(localnet).toEqual(sections.get('sysctls'));
  });
});
