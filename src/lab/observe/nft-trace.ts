/**
 * What `nft -a monitor trace` (1.0.6) says, read line by line. Each packet's walk through a table at a hook begins
 * with a `packet:` line and ends with a policy or with a rule's verdict that ends it.
 *
 *     trace id 74f172f2 ip nat OUTPUT packet: oif "lo" ip saddr 127.0.0.1 ... ip id 20093 ... udp sport 40000 ...
 *     trace id 74f172f2 ip nat OUTPUT rule ... jump KUBE-X # handle 6 (verdict jump KUBE-X)
 *     trace id 74f172f2 ip nat KUBE-X rule ... # handle 8 (verdict accept)
 */

/** A rule that matched, by the handle that nf_tables knows it by. */
export interface TracedRule {
  readonly chain: string;
  readonly handle: number;
}

/** The headers that the trace shows. */
export interface TracedPacket {
  readonly iif?: string;
  readonly oif?: string;
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  readonly id: number;
  readonly protocol: string;
  readonly sport?: number;
  readonly dport?: number;
  /** `syn`, `syn | ack`; `echo-request`, `destination-unreachable`. */
  readonly info?: string;
  /** The first bytes behind the transport header, as hex digits. */
  readonly payload?: string;
}

/** A packet's walk through a table at a hook. */
export interface TracedWalk {
  readonly table: string;
  readonly hook: string;
  readonly packet: TracedPacket;
  readonly rules: TracedRule[];
  verdict: 'accept' | 'drop' | undefined;
  /** The chain's policy decided. */
  policy: boolean;
}

const LINE = /^trace id (\w+) (\w+) (\S+) (\S+) (packet:|rule|policy|verdict) ?(.*)$/;
const RULE_END = /# handle (\d+) \(verdict (\w+)(?: \S+)?\)\s*$/;

/** Takes lines, gives walks in the order in which they begin; a walk is filled as more lines come. */
export interface TraceReader {
  readonly take: (line: string) => void;
  readonly walks: TracedWalk[];
}

export function traceReader(onWalk: (walk: TracedWalk) => void = () => undefined): TraceReader {
  const walks: TracedWalk[] = [];
  const open = new Map<string, TracedWalk>();
  const take = (line: string): void => {
    const match = LINE.exec(line);
    if (match === null) return;
    const [, id = '', family, table = '', chain = '', kind, rest = ''] = match;
    if (family !== 'ip') return;
    if (kind === 'packet:') {
      const packet = readPacket(rest);
      if (packet === undefined) return;
      const walk: TracedWalk = { table, hook: chain, packet, rules: [], verdict: undefined, policy: false };
      open.set(id, walk);
      walks.push(walk);
      onWalk(walk);
      return;
    }
    const walk = open.get(id);
    if (walk === undefined || walk.table !== table) return;
    if (kind === 'policy') {
      walk.policy = true;
      walk.verdict = rest.startsWith('drop') ? 'drop' : 'accept';
    } else if (kind === 'rule') {
      const end = RULE_END.exec(rest);
      if (end === null) return;
      walk.rules.push({ chain, handle: Number(end[1]) });
      if (end[2] === 'accept' || end[2] === 'drop') walk.verdict = end[2];
    }
  };
  return { take, walks };
}

function readPacket(text: string): TracedPacket | undefined {
  const word = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  const number = (pattern: RegExp): number | undefined => {
    const found = word(pattern);
    return found === undefined ? undefined : Number(found);
  };
  const src = word(/ip saddr ([\d.]+)/);
  const dst = word(/ip daddr ([\d.]+)/);
  if (src === undefined || dst === undefined) return undefined;
  const iif = word(/iif "([^"]*)"/);
  const oif = word(/oif "([^"]*)"/);
  const protocol =
    word(/ (tcp|udp|sctp) sport/) ??
    (text.includes(' icmp type ') ? 'icmp' : (word(/ip protocol (\S+)/) ?? ''));
  const sport = number(/ sport (\d+)/);
  const dport = number(/ dport (\d+)/);
  const info = word(/ tcp flags == (0x[0-9a-f]+|[a-z]+(?: ?\| ?[a-z]+)*)/) ?? word(/ icmp type (\S+)/);
  const payload = word(/ @th,64,\d+ 0x([0-9a-f]+)/);
  return {
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    src,
    dst,
    ttl: number(/ip ttl (\d+)/) ?? 0,
    id: number(/ip id (\d+)/) ?? 0,
    protocol,
    ...(sport === undefined ? {} : { sport }),
    ...(dport === undefined ? {} : { dport }),
    ...(info === undefined ? {} : { info }),
    ...(payload === undefined ? {} : { payload }),
  };
}

/** Where the rules of a namespace stand. */
export interface RealRules {
  /** The position of every rule in its chain, by `ruleKey`. */
  readonly positions: ReadonlyMap<string, number>;
  /** `TABLE CHAIN`: iptables makes a built-in chain only when something is done with it. */
  readonly chains: ReadonlySet<string>;
}

export function ruleKey(table: string, chain: string, handle: number): string {
  return `${table} ${chain} ${handle}`;
}

/** Reads what `nft -a -j list ruleset` printed. */
export function readRules(json: string): RealRules {
  const positions = new Map<string, number>();
  const chains = new Set<string>();
  const counts = new Map<string, number>();
  const parsed = JSON.parse(json) as {
    readonly nftables: readonly { readonly rule?: NftRule; readonly chain?: NftChain }[];
  };
  for (const { rule, chain: made } of parsed.nftables) {
    if (made?.family === 'ip') chains.add(`${made.table} ${made.name}`);
    if (rule?.family !== 'ip') continue;
    const chain = `${rule.table} ${rule.chain}`;
    const position = (counts.get(chain) ?? 0) + 1;
    counts.set(chain, position);
    positions.set(ruleKey(rule.table, rule.chain, rule.handle), position);
  }
  return { positions, chains };
}

interface NftChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
}

interface NftRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
}
