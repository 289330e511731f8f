import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ip } from '../../src/addr/index.ts';
import { buildCluster } from '../../src/cluster/index.ts';
import {
  parseIpvsadm,
  parseIpvsadmSave,
  printIpAddr,
  printIpsetSave,
  printIptablesSave,
  printIpvsadm,
  printIpvsadmSave,
} from '../../src/formats/index.ts';
import { type Netns, rulesetOf, type World } from '../../src/kernel/index.ts';
import { canonicalIptables } from '../support/canon.ts';
import { loadGolden } from '../support/kube-proxy-golden.ts';

/** What the real kube-proxy v1.30 left on node1 of clusters of ../kube-proxy in IPVS mode; README.md says how it was made. */
const FOLDER = new URL('./kube-proxy-ipvs/', import.meta.url);
const CASES = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

function node1(name: string): { readonly world: World; readonly netns: Netns } {
  const objects = loadGolden(name);
  const { world } = buildCluster(
    { ...objects, kubeProxy: { ...objects.kubeProxy, mode: 'ipvs' } },
    { programs: new Set(['kube-proxy']) },
  );
  const netns = world.netns.get('node/node1');
  if (netns === undefined) throw new Error('no node1');
  return { world, netns };
}

/** The texts of a tool: one, or of a node with both families one for each. */
function goldens(name: string, kind: string): string[] {
  return [kind, `${kind}-4`, `${kind}-6`].flatMap((file) => {
    const url = new URL(`${name}/${file}`, FOLDER);
    return existsSync(url) ? [readFileSync(url, 'utf8')] : [];
  });
}

function linesOf(texts: readonly string[], clean: (line: string) => string): string[] {
  return texts
    .flatMap((text) => text.split('\n').map((line) => clean(line).trim()))
    .filter((line) => line !== '')
    .sort();
}

/** Elements and servers come in the order of Go's maps; the key of a set's hash is drawn. */
const setLine = (line: string): string => line.replace(/ initval 0x[0-9a-f]+/, '');

function addressLine(line: string): string {
  if (/valid_lft/.test(line)) return '';
  return line.replace(/^\d+: /, '').replace(/link\/ether [0-9a-f:]+/, 'link/ether MAC');
}

/** The machine of the recording had no flannel-v6.1, and so no NodePort on its address. */
const FLANNEL_V6 = ip('fd00:244:1::');

describe.each(CASES)('in IPVS mode kube-proxy leaves of %s what the real one left', (name) => {
  const { world, netns } = node1(name);

  it('iptables-save, and ip6tables-save of a node with IPv6', () => {
    const texts = ([4, 6] as const).flatMap((family) =>
      goldens(name, family === 4 ? 'iptables-save' : 'ip6tables-save').map((text) => [family, text] as const),
    );
    expect(texts.length).toBeGreaterThan(0);
    for (const [family, text] of texts)
      expect(canonicalIptables(printIptablesSave(rulesetOf(netns, family)))).toEqual(canonicalIptables(text));
  });

  it('ipset save', () => {
    const texts = goldens(name, 'ipset');
    expect(linesOf([printIpsetSave(netns.sets.values())], setLine)).toEqual(linesOf(texts, setLine));
  });

  it('ipvsadm -Ln and ipvsadm-save -n', () => {
    const listed = goldens(name, 'ipvsadm').map((text) => {
      const read = parseIpvsadm(text);
      if (!read.ok) throw new Error(JSON.stringify(read.errors));
      return read.services;
    });
    const saved = goldens(name, 'ipvsadm-save').map((text) => {
      const read = parseIpvsadmSave(text);
      if (!read.ok) throw new Error(JSON.stringify(read.errors));
      return read.entries;
    });
    expect(saved).toEqual(listed);
    if (listed.length === 1) {
      expect(printIpvsadm(netns)).toBe(goldens(name, 'ipvsadm')[0]);
      expect(printIpvsadmSave(netns)).toBe(goldens(name, 'ipvsadm-save')[0]);
      return;
    }
    const mine = parseIpvsadm(printIpvsadm(netns));
    expect(mine.ok && mine.services.filter(({ ip: at }) => at !== FLANNEL_V6)).toEqual(listed.flat());
  });

  it('the addresses of kube-ipvs0', () => {
    const texts = goldens(name, 'ipaddr');
    const mine = linesOf([printIpAddr(netns, { world, device: 'kube-ipvs0' })], addressLine);
    expect(mine).toEqual([...new Set(linesOf(texts, addressLine))]);
  });
});

it('of 41 clusters, two of them with IPv6', () => {
  expect(CASES).toHaveLength(41);
  expect(CASES.filter((name) => goldens(name, 'ipvsadm').length === 2)).toEqual(['dual-stack', 'dual-stack-lb']);
});
