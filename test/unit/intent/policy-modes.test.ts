import { expect, it } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import {
  judgeConnection,
  KUBE_ROUTER_MODES,
  type PolicyEnd,
  type PolicyModes,
  type PolicyVerdict,
  policyModel,
} from '../../../src/intent/index.ts';
import type { ClusterObjects } from '../../../src/k8s/index.ts';
import { clusterOf, ONE_OF_EACH } from '../../fixtures/objects.ts';

const policy = (name: string, spec: string): string =>
  `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
const DENY_INGRESS = policy('deny', '{ policyTypes: [Ingress] }');
const RANGE = policy('range', '{ ingress: [{ ports: [{ port: 8000, endPort: 8999 }] }] }');
const FROM_AGENTS = policy('agents', '{ ingress: [{ from: [{ podSelector: {} }] }] }');
const FROM_DONE = policy('done', '{ ingress: [{ from: [{ ipBlock: { cidr: 10.244.1.9/32 } }] }] }');

function end(objects: ClusterObjects, name: string): PolicyEnd {
  const pod = objects.pods.find(({ meta }) => meta.name === name);
  return pod === undefined ? { kind: 'address', ip: ip(name) } : { kind: 'pod', pod };
}

function judge(
  policies: string,
  [from, to]: readonly [string, string],
  modes: Partial<PolicyModes> = {},
  viaService = false,
): PolicyVerdict {
  const { objects } = clusterOf(`${ONE_OF_EACH}${policies}`);
  const model = policyModel(objects, { ...KUBE_ROUTER_MODES, ...modes });
  const ends = { from: end(objects, from), to: end(objects, to) };
  return judgeConnection(model, { ...ends, port: 8080, protocol: 'TCP', viaService });
}

it('a pod always reaches itself by its own address', () => {
  expect(judge(DENY_INGRESS, ['web-0', 'web-0'])).toMatchObject({
    allowed: true,
    ingress: { why: 'itself' },
  });
});

it.each([
  ['either', true],
  ['both', false],
  ['allowed', true],
] as const)('hairpin through a Service in mode %s: %s', (hairpin, allowed) => {
  expect(judge(DENY_INGRESS, ['web-0', 'web-0'], { hairpin }, true).allowed).toBe(allowed);
});

it('a node reaches its own pods and not those of others', () => {
  expect(judge(DENY_INGRESS, ['192.168.56.12', 'web-0']).ingress).toMatchObject({
    allowed: true,
    why: 'own-node',
  });
  expect(judge(DENY_INGRESS, ['192.168.56.11', 'web-0']).allowed).toBe(false);
});

it('a host-network pod is its node, or a pod like others', () => {
  expect(judge(FROM_AGENTS, ['agent', 'web-0']).allowed).toBe(false);
  expect(judge(FROM_AGENTS, ['agent', 'web-0'], { hostNetwork: 'pod' }).allowed).toBe(true);
  expect(judge(DENY_INGRESS, ['web-0', 'agent']).ingress).toMatchObject({ allowed: true, why: 'outside' });
  expect(judge(DENY_INGRESS, ['web-0', 'agent'], { hostNetwork: 'pod' }).allowed).toBe(false);
});

it('endPort opens a range, or the first port alone to a plugin that does not know it', () => {
  expect(judge(RANGE, ['client', 'web-0']).allowed).toBe(true);
  expect(judge(RANGE, ['client', 'web-0'], { endPort: 'first' }).allowed).toBe(false);
});

it('names the rule that allows, and the half of each that does not', () => {
  const allowed = judge(RANGE, ['client', 'web-0']).ingress;
  expect(allowed).toMatchObject({ why: 'rule', by: { rule: 0, policy: { meta: { name: 'range' } } } });
  const denied = judge(FROM_DONE, ['client', 'web-0']).ingress;
  expect(denied).toMatchObject({ why: 'no-rule', misses: [{ rule: 0, failed: 'peer' }] });
});
