import {
  ADDRESS_TYPES,
  type AddressType,
  type InterfaceMatch,
  type Match,
  type SetFlag,
} from '../../kernel/index.ts';
import { argument, bang, exclusive, type Option, readDevice, readSetName, type Syntax } from './syntax.ts';
import { RuleError } from './words.ts';

type MatchOf<K extends Match['kind']> = Match & { readonly kind: K };
type AddressTypes = { readonly types: readonly AddressType[]; readonly not: boolean };

function readTypes(option: Option | undefined): AddressTypes | undefined {
  if (option === undefined) return undefined;
  const word = argument(option);
  const given = word.text.split(',').map((name) => {
    const type = ADDRESS_TYPES.find((known) => known === name.toUpperCase());
    if (type === undefined) throw new RuleError(`addrtype: bad type "${name}"`, word);
    return type;
  });
  return { types: ADDRESS_TYPES.filter((type) => given.includes(type)), not: option.not };
}

function printTypes(option: string, side: AddressTypes | undefined): string {
  return side === undefined ? '' : ` ${bang(side.not)}--${option} ${side.types.join(',')}`;
}

export const ADDRTYPE: Syntax<MatchOf<'addrtype'>> = {
  options: {
    'src-type': { arity: 1, not: true },
    'dst-type': { arity: 1, not: true },
    'limit-iface-in': { arity: 0 },
    'limit-iface-out': { arity: 0 },
  },
  read: (options) => {
    const src = readTypes(options.get('src-type'));
    const dst = readTypes(options.get('dst-type'));
    if (src === undefined && dst === undefined) {
      throw new RuleError('addrtype: you must specify --src-type or --dst-type');
    }
    const limit = exclusive('addrtype', options, ['limit-iface-in', 'limit-iface-out']);
    const limitIface = limit && (limit.name === 'limit-iface-in' ? 'in' : 'out');
    return { kind: 'addrtype', ...(src && { src }), ...(dst && { dst }), ...(limitIface && { limitIface }) };
  },
  print: ({ src, dst, limitIface }) =>
    printTypes('src-type', src) +
    printTypes('dst-type', dst) +
    (limitIface === undefined ? '' : ` --limit-iface-${limitIface}`),
};

/** The second word of an option that names a set: a side of the packet for each dimension. */
export function readSetSides(option: Option): SetFlag[] {
  const sides = option.args[1];
  const flags = (sides?.text ?? '').split(',').map((flag): SetFlag => {
    if (flag === 'src' || flag === 'dst') return flag;
    throw new RuleError('You must spec. either src or dst directions', sides);
  });
  if (flags.length > 6) throw new RuleError("Can't be more src/dst options than 6.", sides);
  return flags;
}

export const SET: Syntax<MatchOf<'set'>> = {
  options: {
    'match-set': { arity: 2, not: true },
    set: { arity: 2, not: true, alias: 'match-set' },
    'return-nomatch': { arity: 0, not: true, unmodelled: true },
    'update-counters': { arity: 0, not: true, unmodelled: true },
    'update-subcounters': { arity: 0, not: true, unmodelled: true },
    'packets-eq': { arity: 1, not: true, unmodelled: true },
    'packets-lt': { arity: 1, unmodelled: true },
    'packets-gt': { arity: 1, unmodelled: true },
    'bytes-eq': { arity: 1, not: true, unmodelled: true },
    'bytes-lt': { arity: 1, unmodelled: true },
    'bytes-gt': { arity: 1, unmodelled: true },
  },
  read: (options) => {
    const option = options.get('match-set');
    if (option === undefined) throw new RuleError("You must specify `--match-set' with proper arguments");
    return {
      kind: 'set',
      set: readSetName(argument(option)),
      flags: readSetSides(option),
      not: option.not,
    };
  },
  print: ({ set, flags, not }) => ` ${bang(not)}--match-set ${set} ${flags.join(',')}`,
};

function readInterface(option: Option | undefined): InterfaceMatch | undefined {
  return option && readDevice(argument(option), option.not);
}

function readFlag(option: Option | undefined): { readonly not: boolean } | undefined {
  return option && { not: option.not };
}

export const PHYSDEV: Syntax<MatchOf<'physdev'>> = {
  options: {
    'physdev-in': { arity: 1, not: true },
    'physdev-out': { arity: 1, not: true },
    'physdev-is-in': { arity: 0, not: true },
    'physdev-is-out': { arity: 0, not: true },
    'physdev-is-bridged': { arity: 0, not: true },
  },
  read: (options) => {
    if (options.size === 0) throw new RuleError('PHYSDEV: no physdev option specified');
    const inside = readInterface(options.get('physdev-in'));
    const out = readInterface(options.get('physdev-out'));
    const isIn = readFlag(options.get('physdev-is-in'));
    const isOut = readFlag(options.get('physdev-is-out'));
    const isBridged = readFlag(options.get('physdev-is-bridged'));
    return {
      kind: 'physdev',
      ...(inside && { in: inside }),
      ...(out && { out }),
      ...(isIn && { isIn }),
      ...(isOut && { isOut }),
      ...(isBridged && { isBridged }),
    };
  },
  print: (match) => {
    const flag = (name: string, test: { readonly not: boolean } | undefined): string =>
      test === undefined ? '' : ` ${bang(test.not)}--physdev-is-${name}`;
    const device = (name: string, test: InterfaceMatch | undefined): string =>
      test === undefined ? '' : ` ${bang(test.not)}--physdev-${name} ${test.name}`;
    return (
      flag('in', match.isIn) +
      device('in', match.in) +
      flag('out', match.isOut) +
      device('out', match.out) +
      flag('bridged', match.isBridged)
    );
  },
};
