import { CT_EVENTS, type CtEvent, type CtTarget, type Target } from '../../kernel/index.ts';
import { argument, type Option, readNumber, type Syntax } from './syntax.ts';
import { RuleError } from './words.ts';

function readEvents(option: Option | undefined, known: readonly CtEvent[]): CtEvent[] {
  if (option === undefined) return [];
  const word = argument(option);
  const given = word.text.split(',').map((name) => {
    const event = known.find((one) => one === name);
    if (event === undefined) throw new RuleError(`Unknown event type "${name}"`, word);
    return event;
  });
  return known.filter((event) => given.includes(event));
}

const ZONES = { zone: 'both', 'zone-orig': 'orig', 'zone-reply': 'reply' } as const;

function isZone(name: string): name is keyof typeof ZONES {
  return Object.hasOwn(ZONES, name);
}

/** The last number given wins, and both directions together are both: iptables keeps one number and two flags. */
function readZone(options: ReadonlyMap<string, Option>): CtTarget['zone'] {
  const given = [...options.values()].filter(({ name }) => isZone(name));
  const last = given.at(-1);
  if (last === undefined) return undefined;
  const word = argument(last);
  const id = word.text === 'mark' ? 'mark' : readNumber(word.text, 65535);
  if (id === undefined) throw new RuleError(`Cannot parse ${word.text} as a zone ID`, word);
  const sides = new Set(given.flatMap(({ name }) => (isZone(name) && name !== 'zone' ? [ZONES[name]] : [])));
  const [side] = sides;
  const direction = sides.size === 1 && side !== undefined ? side : 'both';
  return id === 0 ? undefined : { direction, id };
}

export const CT: Syntax<CtTarget> = {
  options: {
    notrack: { arity: 0 },
    helper: { arity: 1 },
    timeout: { arity: 1, unmodelled: true },
    ctevents: { arity: 1 },
    expevents: { arity: 1 },
    zone: { arity: 1 },
    'zone-orig': { arity: 1 },
    'zone-reply': { arity: 1 },
  },
  read: (options) => {
    const helper = options.get('helper');
    const zone = readZone(options);
    return {
      kind: 'CT',
      notrack: options.has('notrack'),
      ...(helper && { helper: argument(helper).text }),
      events: readEvents(options.get('ctevents'), CT_EVENTS),
      expectEvents: readEvents(options.get('expevents'), ['new']),
      ...(zone && { zone }),
    };
  },
  print: ({ notrack, helper, events, expectEvents, zone }) =>
    (notrack ? ' --notrack' : '') +
    (helper === undefined ? '' : ` --helper ${helper}`) +
    (events.length === 0 ? '' : ` --ctevents ${events.join(',')}`) +
    (expectEvents.length === 0 ? '' : ` --expevents ${expectEvents.join(',')}`) +
    (zone === undefined ? '' : ` --zone${zone.direction === 'both' ? '' : `-${zone.direction}`} ${zone.id}`),
};

export const NOTRACK: Syntax<Target & { readonly kind: 'NOTRACK' }> = {
  options: {},
  read: () => ({ kind: 'NOTRACK' }),
  print: () => '',
};
