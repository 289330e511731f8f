import { createHash } from 'node:crypto';
import { type Cidr, cidr, type Family, familyOf, hostCidr, type Ip } from '../../addr/index.ts';
import type { CniConfig, Pod } from '../../k8s/index.ts';
import type { Match, Origin, RestoreChain, RestoreRule, Rule } from '../../kernel/index.ts';
import { commentOf, containerId } from './pod-network.ts';

const MULTICAST: Readonly<Record<Family, Cidr>> = { 4: cidr('224.0.0.0/4'), 6: cidr('ff00::/8') };

/** The name of a container's chain: `CNI-` and 24 hex digits of a digest (utils.FormatChainName). */
function masqueradeChain(network: string, pod: Pod): string {
  const digest = createHash('sha512')
    .update(`${network}${containerId(pod)}`)
    .digest('hex');
  return `CNI-${digest.slice(0, 24)}`;
}

/**
 * What the bridge plugin writes with ipMasq (ip.SetupIPMasq): what the pod sends beyond its node's range, multicasts
 * aside, gets an address of the node.
 */
export function writeMasquerade(
  chains: RestoreChain[],
  rules: RestoreRule[],
  config: CniConfig,
  pod: Pod,
  address: Ip,
  range: Cidr,
): void {
  const { namespace, name } = pod.meta;
  const origin: Origin = {
    program: 'cni',
    object: { kind: 'Pod', namespace, name },
    field: 'status.podIPs',
  };
  const chain = masqueradeChain(config.name, pod);
  const matches: readonly Match[] = [{ kind: 'comment', text: commentOf(config.name, pod) }];
  const add = (to: string, rule: Omit<Rule, 'matches' | 'origin'>): void => {
    rules.push({ chain: to, ensure: true, rule: { ...rule, matches, origin } });
  };
  chains.push({ name: chain, origin });
  add(chain, { dst: { cidr: range, not: false }, target: { kind: 'ACCEPT' } });
  add(chain, {
    dst: { cidr: MULTICAST[familyOf(address)], not: true },
    target: { kind: 'MASQUERADE', random: false, randomFully: false },
  });
  add('POSTROUTING', { src: { cidr: hostCidr(address), not: false }, target: { kind: 'jump', chain } });
}
