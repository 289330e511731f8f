import type { SetReference, SetTarget } from '../../kernel/index.ts';
import { readSetSides } from './match-address.ts';
import { argument, numberArgument, type Option, readSetName, type Syntax } from './syntax.ts';
import { RuleError } from './words.ts';

function readReference(option: Option): SetReference {
  return { set: readSetName(argument(option)), flags: readSetSides(option) };
}

function printReference(option: string, reference: SetReference | undefined): string {
  return reference === undefined ? '' : ` --${option} ${reference.set} ${reference.flags.join(',')}`;
}

export const SET_TARGET: Syntax<SetTarget> = {
  options: {
    'add-set': { arity: 2 },
    'del-set': { arity: 2 },
    'map-set': { arity: 2, unmodelled: true },
    exist: { arity: 0 },
    timeout: { arity: 1 },
    'map-mark': { arity: 0, unmodelled: true },
    'map-prio': { arity: 0, unmodelled: true },
    'map-queue': { arity: 0, unmodelled: true },
  },
  read: (options) => {
    const add = options.get('add-set');
    const del = options.get('del-set');
    const timeout = options.get('timeout');
    const exist = options.get('exist');
    if (add === undefined && del === undefined) {
      throw new RuleError("You must specify either `--add-set' or `--del-set' or `--map-set'");
    }
    for (const flag of [exist, timeout]) {
      if (flag === undefined || add !== undefined) continue;
      const what = flag === exist ? 'Flag' : 'Option';
      throw new RuleError(`${what} \`--${flag.name}' can be used with \`--add-set' only`, flag.word);
    }
    return {
      kind: 'SET',
      ...(add && { add: readReference(add) }),
      ...(del && { del: readReference(del) }),
      exist: exist !== undefined,
      ...(timeout && { timeout: numberArgument('SET', timeout, 0, 0xfffffffe) }),
    };
  },
  print: ({ add, del, exist, timeout }) =>
    printReference('add-set', add) +
    (exist ? ' --exist' : '') +
    (timeout === undefined ? '' : ` --timeout ${timeout}`) +
    printReference('del-set', del),
};
