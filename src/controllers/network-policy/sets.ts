import { type Cidr, cidr, type Family, type Ip } from '../../addr/index.ts';
import type { Pod } from '../../k8s/index.ts';
import { entryKey, type IpSet, type IpSetEntry, type IpSetField, type Origin } from '../../kernel/index.ts';
import type { Block } from './policy-info.ts';
import { addressesOf, type PodClass } from './selection.ts';

/** What `0.0.0.0/0` and `::/0` become: a set of nets holds none of length 0 (evalIPBlockPeer). */
const EVERYTHING: Readonly<Record<Family, readonly Cidr[]>> = {
  4: [cidr('0.0.0.0/1'), cidr('128.0.0.0/1')],
  6: [cidr('2000::/3'), cidr('fd00::/8')],
};

/** What a set holds, told when somebody looks. */
type Elements = () => readonly IpSetEntry[];

/**
 * A set as `ipset create NAME TYPE timeout 0` makes it (RefreshSet). Its elements are listed when they are first read:
 * thousands of policies have tens of thousands of elements each, and a walk asks few of them.
 */
export function setOf(
  name: string,
  type: 'hash:ip' | 'hash:net',
  family: Family,
  origin: Origin,
  elements: Elements,
): IpSet {
  let listed: Map<string, IpSetEntry> | undefined;
  return {
    name,
    type,
    options: {
      family,
      hashsize: 1024,
      maxelem: 65536,
      bucketsize: 12,
      timeout: 0,
      counters: false,
      comment: false,
      skbinfo: false,
      forceadd: false,
    },
    get entries(): Map<string, IpSetEntry> {
      listed ??= new Map(elements().map((entry) => [entryKey(entry.fields), entry]));
      return listed;
    },
    origin,
    generation: 0,
  };
}

/** The addresses of pods, in their order. */
export function classElements(
  classes: readonly PodClass[],
  type: 'hash:ip' | 'hash:net',
  family: Family,
): Elements {
  return () =>
    podElements(
      classes.flatMap(({ pods }) => pods),
      type,
      family,
    )();
}

export function podElements(pods: readonly Pod[], type: 'hash:ip' | 'hash:net', family: Family): Elements {
  return () =>
    pods
      .flatMap((pod) => addressesOf(pod, family).map((ip): [Ip, Pod] => [ip, pod]))
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([ip, { meta }]) => {
        const field: IpSetField =
          type === 'hash:ip' ? { kind: 'ip', ip } : { kind: 'net', ip, length: family === 4 ? 32 : 128 };
        const object = { kind: 'Pod', namespace: meta.namespace, name: meta.name };
        return entry(field, false, { program: 'network-policy', object, field: 'status.podIPs' });
      });
}

/**
 * The blocks of a rule, each followed by what it leaves out. An element that is there already takes over what the
 * later one says (`-exist`): a block that another block leaves out is in the set as the last of the two has it.
 */
export function blockElements(
  blocks: readonly Block[],
  origin: (path: string) => Origin,
  family: Family,
): Elements {
  return () =>
    blocks.flatMap(({ block, index }) => [
      ...netsOf(block.cidr, family).map((net) => netEntry(net, false, origin(`[${index}].ipBlock.cidr`))),
      ...block.except.flatMap((except, at) =>
        netsOf(except, family).map((net) => netEntry(net, true, origin(`[${index}].ipBlock.except[${at}]`))),
      ),
    ]);
}

function netsOf(net: Cidr, family: Family): readonly Cidr[] {
  return net.length === 0 ? EVERYTHING[family] : [net];
}

function netEntry({ base, length }: Cidr, nomatch: boolean, origin: Origin): IpSetEntry {
  return entry({ kind: 'net', ip: base, length }, nomatch, origin);
}

function entry(field: IpSetField, nomatch: boolean, origin: Origin): IpSetEntry {
  return { fields: [field], nomatch, timeout: 0, origin };
}
