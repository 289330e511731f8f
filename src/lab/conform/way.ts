/**
 * The way of a packet as both sides tell it: what the emulator's path says (expected.ts), and what captures and
 * traces of the real kernel show (observed.ts).
 */

/** Request, or what came back. */
export type Leg = 'request' | 'back';

/** The addresses of a packet on a device. */
export interface Addresses {
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly ttl: number;
}

/** A packet crosses a device. */
export interface Crossing {
  /** The id of the namespace. */
  readonly netns: string;
  readonly device: string;
  readonly direction: 'in' | 'out';
  /** Undefined: the emulator shows addresses where a packet comes in, not where it leaves. */
  readonly addresses?: Addresses;
}

/** A packet walks a table at a hook. */
export interface TableWalk {
  readonly netns: string;
  readonly hook: string;
  readonly table: string;
  /** `CHAIN:NUMBER` of each rule that matched, in order. */
  readonly rules: readonly string[];
  readonly verdict: 'accept' | 'drop';
  readonly policy: boolean;
}

export interface Ways {
  readonly crossings: Readonly<Record<Leg, readonly Crossing[]>>;
  readonly walks: Readonly<Record<Leg, readonly TableWalk[]>>;
}

/** What the client program saw. */
export type Outcome =
  | {
      readonly kind: 'answer';
      readonly who?: string;
      readonly sees?: string;
      readonly port?: number;
      readonly from?: string;
    }
  | { readonly kind: 'errno'; readonly errno: string }
  | { readonly kind: 'silence' };

/** Where the flow was seen last, there or on the way back: `node/node2 cni0 in`. */
export function lastPlace({ crossings }: Ways): string | undefined {
  const last = crossings.back.at(-1) ?? crossings.request.at(-1);
  return last === undefined ? undefined : seenAt(last);
}

/** `node/node2 cni0 in`. */
export function seenAt({ netns, device, direction }: Crossing): string {
  return `${netns} ${device} ${direction}`;
}

/** `node/node2  cni0 in  10.244.2.2:40000 > 10.244.1.2:8080 ttl 64`. */
export function crossingText(crossing: Crossing): string {
  const at = seenAt(crossing);
  const { addresses } = crossing;
  if (addresses === undefined) return at;
  const { src, dst, sport, dport, ttl } = addresses;
  const end = (ip: string, port: number | undefined): string => (port === undefined ? ip : `${ip}:${port}`);
  return `${at}  ${end(src, sport)} > ${end(dst, dport)} ttl ${ttl}`;
}

export function walkText({ netns, hook, table, rules, verdict, policy }: TableWalk): string {
  const way = rules.length === 0 ? '' : `  ${rules.join(' > ')}`;
  return `${netns} ${table} ${hook}${way}  ${verdict}${policy ? ' (policy)' : ''}`;
}

export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'silence':
      return 'silence';
    case 'errno':
      return outcome.errno;
    case 'answer': {
      const { who, sees, port, from } = outcome;
      const by = who === undefined ? '' : ` of ${who}`;
      const seen = sees === undefined ? '' : `, which sees ${sees}${port === undefined ? '' : `:${port}`}`;
      return `an answer${by}${seen}${from === undefined ? '' : ` from ${from}`}`;
    }
  }
}
