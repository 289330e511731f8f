import { type Cidr, cidr, type Family } from '../../addr/index.ts';
import type { FlannelConfig } from '../../k8s/index.ts';
import type { AddressMatch, Match, Origin, RestoreRule, RestoreTable, Rule } from '../../kernel/index.ts';
import type { Lease } from './lease.ts';

const POSTROUTING = 'FLANNEL-POSTRTG';
const FORWARD = 'FLANNEL-FWD';
const MULTICAST: Readonly<Record<Family, Cidr>> = { 4: cidr('224.0.0.0/4'), 6: cidr('ff00::/8') };
/** kube-proxy's mark "masquerade this": flannel leaves such packets to it. */
const KUBE_MARK = 0x4000;

type RuleParts = Pick<Rule, 'src' | 'dst' | 'target'> & { readonly mark?: number };

/**
 * The rules of one node, appended to what is there (pkg/trafficmngr/iptables): masquerading of what leaves the
 * pod network (`--ip-masq`, which kube-flannel.yml sets) and forwarding of what comes from or goes to pods.
 */
export function flannelTables(lease: Lease, config: FlannelConfig, family: Family): RestoreTable[] {
  const own = lease.families.get(family);
  const network = family === 4 ? config.network : config.ipv6Network;
  if (own === undefined || network === undefined) return [];
  const flannel: Origin = {
    program: 'flannel',
    ...(config.origin === undefined ? {} : { object: config.origin }),
    field: 'Network',
  };
  const node: Origin = {
    program: 'flannel',
    object: { kind: 'Node', name: lease.node.meta.name },
    field: 'spec.podCIDR',
  };
  const is = (c: Cidr): AddressMatch => ({ cidr: c, not: false });
  const not = (c: Cidr): AddressMatch => ({ cidr: c, not: true });
  const masquerade = { kind: 'MASQUERADE', random: false, randomFully: true } as const;
  const masq = (chain: string, parts: RuleParts, origin: Origin): RestoreRule =>
    ruleOf(chain, 'flanneld masq', parts, origin);
  const forward = (chain: string, parts: RuleParts): RestoreRule =>
    ruleOf(chain, 'flanneld forward', parts, flannel);
  const { subnet } = own;
  const masquerading: RestoreTable[] = [
    {
      table: 'nat',
      chains: [{ name: POSTROUTING, origin: flannel }],
      rules: [
        masq('POSTROUTING', { target: { kind: 'jump', chain: POSTROUTING } }, flannel),
        masq(POSTROUTING, { mark: KUBE_MARK, target: { kind: 'RETURN' } }, flannel),
        masq(POSTROUTING, { src: is(subnet), dst: is(network), target: { kind: 'RETURN' } }, node),
        masq(POSTROUTING, { src: is(network), dst: is(subnet), target: { kind: 'RETURN' } }, node),
        masq(POSTROUTING, { src: not(network), dst: is(subnet), target: { kind: 'RETURN' } }, node),
        masq(POSTROUTING, { src: is(network), dst: not(MULTICAST[family]), target: masquerade }, flannel),
        masq(POSTROUTING, { src: not(network), dst: is(network), target: masquerade }, flannel),
      ],
    },
  ];
  return [
    ...(config.ipMasq === false ? [] : masquerading),
    {
      table: 'filter',
      chains: [{ name: FORWARD, origin: flannel }],
      rules: [
        forward('FORWARD', { target: { kind: 'jump', chain: FORWARD } }),
        forward(FORWARD, { src: is(network), target: { kind: 'ACCEPT' } }),
        forward(FORWARD, { dst: is(network), target: { kind: 'ACCEPT' } }),
      ],
    },
  ];
}

function ruleOf(chain: string, comment: string, parts: RuleParts, origin: Origin): RestoreRule {
  const { src, dst, mark, target } = parts;
  const matches: Match[] = [];
  if (mark !== undefined) matches.push({ kind: 'mark', value: mark, mask: mark, not: false });
  matches.push({ kind: 'comment', text: comment });
  const addresses = { ...(src === undefined ? {} : { src }), ...(dst === undefined ? {} : { dst }) };
  return { chain, rule: { ...addresses, matches, target, origin } };
}
