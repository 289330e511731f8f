import { formatIp } from '../addr/index.ts';
import {
  changesThatAllow,
  missText,
  type PolicyChange,
  type PolicyParty,
  type PolicyQuestion,
} from '../k8s/index.ts';
import { type Connection, type DirectionVerdict, judgeConnection, rulesOf } from './policy-judge.ts';
import type { PolicyEnd, PolicyModel } from './policy-model.ts';

/** What each side says of a connection and why, a line each; indented lines say more of the one before. */
export function explainConnection(model: PolicyModel, connection: Connection): string[] {
  const verdict = judgeConnection(model, connection);
  const { from, to, port, protocol } = connection;
  return [
    `${endText(from)} -> ${endText(to)} ${protocol} ${port}: ${verdict.allowed ? 'allowed' : 'denied'}`,
    ...sideLines(model, verdict.egress, from, connection),
    ...sideLines(model, verdict.ingress, to, connection),
  ];
}

/** `ns/pod` or an address. */
export function endText(end: PolicyEnd): string {
  return end.kind === 'pod' ? `${end.pod.meta.namespace}/${end.pod.meta.name}` : formatIp(end.ip);
}

function sideLines(
  model: PolicyModel,
  verdict: DirectionVerdict,
  end: PolicyEnd,
  connection: Connection,
): string[] {
  const direction = verdict.direction.toLowerCase();
  const head = `  ${direction} of ${endText(end)}: ${verdict.allowed ? 'allowed' : 'denied'}: ${reasonText(verdict)}`;
  if (verdict.why !== 'no-rule') return [head];
  const silent = verdict.policies.filter((policy) => rulesOf(policy, verdict.direction).length === 0);
  return [
    head,
    ...verdict.misses.map(
      (miss) =>
        `    ${ruleText(miss.policy.meta, verdict.direction, miss.rule)}: ${missText(miss, questionOf(model, verdict, connection))}`,
    ),
    ...silent.map(({ meta }) => `    ${meta.namespace}/${meta.name} has no ${direction} rule: it denies all`),
    ...fixLines(model, verdict, connection),
  ];
}

/** The nearest edits that would allow it, each held against the specification again with it applied. */
function fixLines(model: PolicyModel, verdict: DirectionVerdict, connection: Connection): string[] {
  const changes = changesThatAllow(verdict.policies, verdict.misses, questionOf(model, verdict, connection));
  const mends = changes.find((change) => allowsWith(model, change, verdict.direction, connection));
  const [first] = changes;
  const change = mends ?? first;
  if (change === undefined) return [];
  const { namespace, name } = change.policy.meta;
  const sure = mends === undefined ? 'not verified' : 'verified: allows it';
  return [`    fix: NetworkPolicy ${namespace}/${name}: ${change.text} (${sure})`];
}

function allowsWith(
  model: PolicyModel,
  { policy, apply }: PolicyChange,
  direction: DirectionVerdict['direction'],
  connection: Connection,
): boolean {
  const { namespace } = policy.meta;
  const own = (model.policies.get(namespace) ?? []).map((one) => (one === policy ? apply(one) : one));
  const edited = { ...model, policies: new Map([...model.policies, [namespace, own]]) };
  return judgeConnection(edited, connection)[direction === 'Ingress' ? 'ingress' : 'egress'].allowed;
}

function questionOf(
  model: PolicyModel,
  { direction }: DirectionVerdict,
  { from, to, port, protocol }: Connection,
): PolicyQuestion {
  const destination = partyOf(model, to);
  return {
    direction,
    other: direction === 'Ingress' ? partyOf(model, from) : destination,
    destination,
    port: { port, protocol },
  };
}

function partyOf(model: PolicyModel, end: PolicyEnd): PolicyParty {
  const { namespace, labels, ips, ports } = model.subjectOf(end);
  return {
    name: endText(end),
    ips,
    ...(namespace === undefined
      ? {}
      : { pod: { namespace, labels, namespaceLabels: model.namespaceLabels(namespace), ports } }),
  };
}

/** Why a direction is allowed or denied. */
export function reasonText({ why, policies, by, direction }: DirectionVerdict): string {
  switch (why) {
    case 'outside':
      return 'no policy is about it';
    case 'open':
      return 'no policy isolates it';
    case 'own-node':
      return 'a node reaches its own pods always';
    case 'itself':
      return 'a pod reaches itself always';
    case 'rule':
      return by === undefined ? '' : `by ${ruleText(by.policy.meta, direction, by.rule)}`;
    case 'no-rule': {
      const names = policies.map(({ meta }) => `${meta.namespace}/${meta.name}`).join(', ');
      return `isolated by ${names}, and no rule allows it`;
    }
  }
}

function ruleText(
  meta: { readonly namespace: string; readonly name: string },
  direction: string,
  rule: number,
): string {
  return `${meta.namespace}/${meta.name} ${direction.toLowerCase()}[${rule}]`;
}
