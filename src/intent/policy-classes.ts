import type { LabelSelector, PolicyPeer } from '../k8s/index.ts';
import { addressIndex } from './policy-addresses.ts';
import type { PolicyModel, Subject } from './policy-model.ts';

/** Ends that no policy of the cluster can tell apart. */
export interface PolicyClasses {
  /** A member of each class, to ask in its place. */
  readonly members: readonly Subject[];
  /** The class of each end, in the ends' order. */
  readonly classOf: Int32Array;
}

/** What the policies mention; nothing else of a pod can matter to them. */
interface Mentioned {
  /** Label key -> the values that a selector names. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
  readonly portNames: ReadonlySet<string>;
  readonly blocks: readonly Extract<PolicyPeer, { kind: 'ipBlock' }>[];
}

function mentionedBy({ policies }: PolicyModel): Mentioned {
  const labels = new Map<string, Set<string>>();
  const portNames = new Set<string>();
  const blocks = new Map<string, Extract<PolicyPeer, { kind: 'ipBlock' }>>();
  const mention = (key: string, values: readonly string[]): void => {
    const known = labels.get(key) ?? new Set();
    labels.set(key, known);
    for (const value of values) known.add(value);
  };
  const addSelector = (selector: LabelSelector | undefined): void => {
    for (const [key, value] of selector?.matchLabels ?? []) mention(key, [value]);
    for (const { key, values } of selector?.matchExpressions ?? []) mention(key, values);
  };
  for (const policy of [...policies.values()].flat()) {
    addSelector(policy.podSelector);
    for (const { peers, ports } of [...policy.ingress, ...policy.egress]) {
      for (const { port } of ports) if (typeof port === 'string') portNames.add(port);
      for (const peer of peers) {
        if (peer.kind === 'pods') addSelector(peer.podSelector);
        else blocks.set(blockKey(peer), peer);
      }
    }
  }
  return { labels, portNames, blocks: [...blocks.values()] };
}

function blockKey({ cidr, except }: Extract<PolicyPeer, { kind: 'ipBlock' }>): string {
  return [cidr, ...except].map(({ base, length }) => `${base}/${length}`).join(' ');
}

/**
 * Groups ends by everything that some policy mentions of them: namespace, the labels and values in selectors, the
 * named ports, which blocks hold their addresses. Ends of one class have the same row and column in every matrix.
 */
export function policyClasses(model: PolicyModel, subjects: readonly Subject[]): PolicyClasses {
  const mentioned = mentionedBy(model);
  const held = blocksOfEach(subjects, mentioned.blocks);
  const known = new Map<string, number>();
  const members: Subject[] = [];
  const classOf = new Int32Array(subjects.length);
  for (const [i, subject] of subjects.entries()) {
    const key = signature(subject, mentioned, held[i] ?? '');
    let index = known.get(key);
    if (index === undefined) {
      index = members.length;
      known.set(key, index);
      members.push(subject);
    }
    classOf[i] = index;
  }
  return { members, classOf };
}

/** For each end the numbers of the blocks that hold it. */
function blocksOfEach(subjects: readonly Subject[], blocks: Mentioned['blocks']): string[] {
  const held = subjects.map(() => '');
  const heldBy = addressIndex(subjects);
  for (const [i, block] of blocks.entries()) for (const end of heldBy(block)) held[end] += ` @${i}`;
  return held;
}

function signature(subject: Subject, { labels, portNames }: Mentioned, held: string): string {
  // Blanks and slashes cannot stand in namespaces, labels and port names.
  let key = subject.namespace === undefined ? `node ${subject.node}` : `${subject.namespace}`;
  for (const [label, values] of labels) {
    const own = subject.namespace === undefined ? undefined : subject.labels.get(label);
    key += own === undefined ? ' -' : values.has(own) ? ` =${own}` : ' +';
  }
  for (const port of subject.ports) {
    if (portNames.has(port.name)) key += ` ${port.name}/${port.protocol}/${port.containerPort}`;
  }
  return key + held;
}
