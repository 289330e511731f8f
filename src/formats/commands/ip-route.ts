import { type Cidr, cidrFamily, type Family, sameCidr } from '../../addr/index.ts';
import type { Operation, Route, RouteScope, RouteSpec, RouteType } from '../../kernel/index.ts';
import { RT_TABLE_MAIN } from '../../kernel/index.ts';
import { parseTable } from '../ip-route.ts';
import { type CommandPlace, deviceNamed, ipOf, prefixOf, USER } from './place.ts';
import {
  abbreviated,
  argumentOf,
  CommandError,
  garbage,
  notModelled,
  numberIn,
  take,
  type Words,
} from './words.ts';

const ROUTE_WORDS =
  '[TYPE] PREFIX [via IP] [dev DEV] [onlink] [src IP] [metric N] [table TABLE] [proto kernel|boot|static|ra] [scope global|link|host] [mtu N]';
const UNDERSTOOD = `ip route add|replace|change|append|del ${ROUTE_WORDS}, ip route flush SELECTOR`;
const SUBCOMMANDS = [
  'list',
  'show',
  'lst',
  'get',
  'add',
  'change',
  'chg',
  'replace',
  'prepend',
  'append',
  'test',
  'delete',
  'flush',
  'save',
  'restore',
  'showdump',
] as const;
const TYPES: readonly RouteType[] = [
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
];
const SCOPES: readonly RouteScope[] = ['global', 'link', 'host', 'nowhere'];
const PROTOCOLS = ['kernel', 'boot', 'static', 'ra'] as const;
const UNMODELLED: ReadonlySet<string> = new Set(
  (
    'tos dsfield nexthop nhid weight encap advmss rtt rttvar reordering window cwnd initcwnd initrwnd ssthresh realms ' +
    'rto_min hoplimit features quickack congctl pref expires fastopen_no_cookie pervasive vrf ttl-propagate lock'
  ).split(' '),
);

/** `ip route add|replace|change|append|del|flush`. */
export function readIpRoute(words: Words, place: CommandPlace): Operation[] {
  const word = take(words) ?? 'show';
  const netns = place.netns.id;
  const command = abbreviated(word, SUBCOMMANDS);
  switch (command) {
    case 'add':
    case 'replace':
    case 'append':
      return [{ op: `route-${command}`, netns, route: readSpec(words, place), origin: USER }];
    case 'change':
    case 'chg':
      return [{ op: 'route-change', netns, route: readSpec(words, place), origin: USER }];
    case 'delete':
      return [{ op: 'route-delete', netns, route: readSpec(words, place) }];
    case 'flush':
      return flushRoutes(words, place);
    case 'list':
    case 'show':
    case 'lst':
    case 'get':
    case 'save':
    case 'showdump':
      throw new CommandError(`ip route ${command} changes nothing`, `understood: ${UNDERSTOOD}`);
    case 'prepend':
    case 'test':
    case 'restore':
      throw notModelled('ip route', command, UNDERSTOOD);
    default:
      throw new CommandError(
        `Command "${word}" is unknown, try "ip route help".`,
        `understood: ${UNDERSTOOD}`,
      );
  }
}

type Draft = { -readonly [K in keyof RouteSpec]: RouteSpec[K] };

/** The words of a route, of which `type` and prefix may stand without a keyword. */
function readSpec(words: Words, place: CommandPlace): RouteSpec {
  const draft: Partial<Draft> = {};
  for (let word = take(words); word !== undefined; word = take(words)) {
    if (readOption(word, words, place, draft)) continue;
    if (UNMODELLED.has(word)) throw notModelled('ip route', word, UNDERSTOOD);
    const text = word === 'to' ? argumentOf(words) : word;
    const type = TYPES.find((known) => known === text);
    if (type !== undefined && draft.dst === undefined) {
      draft.type = type;
      continue;
    }
    if (draft.dst !== undefined) throw garbage('to', text, ROUTE_WORDS);
    draft.dst = prefixOf(text, place.family);
  }
  const { dst } = draft;
  if (dst === undefined)
    throw new CommandError('Usage: ip route { list | flush } SELECTOR', `understood: ${UNDERSTOOD}`);
  if (WITHOUT_WAY.has(draft.type ?? '') && (draft.device !== undefined || draft.via !== undefined))
    throw new CommandError('Error: Gateway, device and multipath can not be specified for this route type.');
  return { ...draft, dst };
}

/** Types of which the kernel takes no next hop (fib_props in fib_semantics.c). */
const WITHOUT_WAY: ReadonlySet<string> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);

function readOption(word: string, words: Words, place: CommandPlace, draft: Partial<Draft>): boolean {
  const family: Family | undefined = draft.dst === undefined ? place.family : cidrFamily(draft.dst);
  switch (word) {
    case 'via': {
      const text = argumentOf(words);
      draft.via = ipOf(text === 'inet' || text === 'inet6' ? argumentOf(words) : text, family);
      return true;
    }
    case 'dev':
    case 'oif':
      draft.device = deviceNamed(place, argumentOf(words)).name;
      return true;
    case 'onlink':
      draft.onlink = true;
      return true;
    case 'src':
      draft.prefsrc = ipOf(argumentOf(words), family);
      return true;
    case 'metric':
    case 'priority':
    case 'preference':
      draft.metric = numberArgument(words, 'metric');
      return true;
    case 'mtu': {
      draft.mtu = numberArgument(words, 'mtu');
      return true;
    }
    case 'table':
      draft.table = tableArgument(words);
      return true;
    case 'scope': {
      const text = argumentOf(words);
      const scope = SCOPES.find((known) => known === text);
      if (scope === undefined)
        throw new CommandError(`Error: argument "${text}" is wrong: invalid "scope" value`);
      draft.scope = scope;
      return true;
    }
    case 'proto':
    case 'protocol': {
      const text = argumentOf(words);
      const protocol = PROTOCOLS.find((known) => known === text);
      if (protocol === undefined) throw notModelled('ip route', `proto ${text}`, UNDERSTOOD);
      draft.protocol = protocol;
      return true;
    }
    default:
      return false;
  }
}

function numberArgument(words: Words, name: string): number {
  const text = argumentOf(words);
  const value = numberIn(text, 0, 0xffffffff);
  if (value === undefined)
    throw new CommandError(`Error: argument "${text}" is wrong: "${name}" value is invalid`);
  return value;
}

function tableArgument(words: Words): number {
  const text = argumentOf(words);
  const table = parseTable(text);
  if (table === undefined)
    throw new CommandError(`Error: argument "${text}" is wrong: "table" value is invalid`);
  return table;
}

interface Selector {
  dst?: Cidr;
  device?: string;
  via?: Route['via'];
  protocol?: Route['protocol'];
  type?: RouteType;
  table: number | 'all';
}

/** `ip route flush`: of table main unless said, and of the family of the command. */
function flushRoutes(words: Words, place: CommandPlace): Operation[] {
  if (words.next >= words.all.length) throw new CommandError('"ip route flush" requires arguments.');
  const selector: Selector = { table: RT_TABLE_MAIN };
  const draft: Partial<Draft> = {};
  for (let word = take(words); word !== undefined; word = take(words)) {
    if (word === 'cache') return [];
    if (word === 'table') {
      const next = words.all[words.next];
      if (next === 'all') words.next++;
      selector.table = next === 'all' ? 'all' : tableArgument(words);
    } else if (word === 'type') {
      const text = argumentOf(words);
      const type = TYPES.find((known) => known === text);
      if (type === undefined)
        throw new CommandError(`Error: argument "${text}" is wrong: node type value is invalid`);
      selector.type = type;
    } else if (
      word === 'dev' ||
      word === 'oif' ||
      word === 'via' ||
      word === 'proto' ||
      word === 'protocol'
    ) {
      readOption(word, words, place, draft);
    } else if (['scope', 'src', 'from', 'tos', 'root', 'match', 'realms', 'metric', 'vrf'].includes(word)) {
      throw notModelled('ip route flush', word, 'PREFIX, dev, via, proto, type, table, all, cache');
    } else if (word !== 'all') {
      const text = word === 'exact' || word === 'to' ? argumentOf(words) : word;
      selector.dst = prefixOf(text, place.family);
    }
  }
  const { table } = selector;
  if (table !== 'all' && table < 253 && !place.netns.routes.some((r) => r.table === table))
    throw new CommandError('Error: ipv4: FIB table does not exist.');
  const family = place.family ?? 4;
  return place.netns.routes
    .filter(
      (r) =>
        cidrFamily(r.dst) === family &&
        (table === 'all' || r.table === table) &&
        (draft.device === undefined || r.device === draft.device) &&
        (draft.via === undefined || r.via === draft.via) &&
        (draft.protocol === undefined || r.protocol === draft.protocol) &&
        (selector.type === undefined || r.type === selector.type) &&
        (selector.dst === undefined || sameCidr(r.dst, selector.dst)),
    )
    .map(({ dst, type, device, table: of, metric, via }) => ({
      op: 'route-delete',
      netns: place.netns.id,
      route: {
        dst,
        type,
        table: of,
        metric,
        ...(device === undefined ? {} : { device }),
        ...(via === undefined ? {} : { via }),
      },
    }));
}
