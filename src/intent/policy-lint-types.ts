import type { Diagnostic, NetworkPolicy, PolicyType } from '../k8s/index.ts';
import { policyWarning } from './policy-lint-warning.ts';

/** Rules of a direction that policyTypes leaves out (PW317): the API server takes them, and nothing heeds them. */
export function typesLeftOut(policy: NetworkPolicy): Diagnostic[] {
  const given = policy.policyTypes;
  const left = (type: PolicyType, key: 'ingress' | 'egress'): Diagnostic[] => {
    const rules = policy[key].length;
    if (rules === 0 || given.includes(type)) return [];
    const message = `it has ${rules} ${key} rule${rules === 1 ? '' : 's'}, and policyTypes is ${given.join(', ')}: ${rules === 1 ? 'it is' : 'they are'} not heeded, and ${key} stays open`;
    return [
      policyWarning(
        policy,
        ['spec', 'policyTypes'],
        'PW317',
        message,
        `add ${type} to policyTypes, or remove ${key}`,
      ),
    ];
  };
  return [...left('Ingress', 'ingress'), ...left('Egress', 'egress')];
}
