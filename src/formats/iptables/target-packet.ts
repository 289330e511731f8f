import type { Target } from '../../kernel/index.ts';
import { readDscp } from './match-packet.ts';
import {
  argument,
  byteHex,
  exclusive,
  numberArgument,
  type Option,
  required,
  type Syntax,
} from './syntax.ts';
import { readTos } from './tos.ts';
import { RuleError } from './words.ts';

type TargetOf<K extends Target['kind']> = Target & { readonly kind: K };

export const TCPMSS: Syntax<TargetOf<'TCPMSS'>> = {
  options: { 'set-mss': { arity: 1 }, 'clamp-mss-to-pmtu': { arity: 0 } },
  read: (options, { family }) => {
    const set = options.get('set-mss');
    const mss = set && numberArgument('TCPMSS', set, 0, family === 4 ? 65515 : 65495);
    if (options.has('clamp-mss-to-pmtu')) return { kind: 'TCPMSS' };
    if (mss === undefined) throw new RuleError('TCPMSS target: At least one parameter is required');
    return { kind: 'TCPMSS', set: mss };
  },
  print: ({ set }) => (set === undefined ? ' --clamp-mss-to-pmtu' : ` --set-mss ${set}`),
};

export const DSCP: Syntax<TargetOf<'DSCP'>> = {
  options: { 'set-dscp': { arity: 1 }, 'set-dscp-class': { arity: 1 } },
  read: (options) => {
    const option = exclusive('DSCP', options, ['set-dscp', 'set-dscp-class']);
    if (option === undefined) throw new RuleError('DSCP target: Parameter --set-dscp is required');
    return { kind: 'DSCP', value: readDscp(option) };
  },
  print: ({ value }) => ` --set-dscp ${byteHex(value)}`,
};

const TOS_FORMS = ['set-tos', 'and-tos', 'or-tos', 'xor-tos'] as const;

function readTosForm(option: Option): { readonly value: number; readonly mask: number } {
  if (option.name === 'set-tos') return readTos(argument(option));
  const bits = numberArgument('TOS', option, 0, 255);
  switch (option.name) {
    case 'and-tos':
      return { value: 0, mask: ~bits & 0xff };
    case 'or-tos':
      return { value: bits, mask: bits };
    default:
      return { value: bits, mask: 0 };
  }
}

export const TOS: Syntax<TargetOf<'TOS'>> = {
  options: Object.fromEntries(TOS_FORMS.map((form) => [form, { arity: 1 } as const])),
  read: (options) => {
    const option = exclusive('TOS', options, TOS_FORMS);
    if (option === undefined) throw new RuleError('TOS: An action is required');
    return { kind: 'TOS', ...readTosForm(option) };
  },
  print: ({ value, mask }) => ` --set-tos ${byteHex(value)}/${byteHex(mask)}`,
};

const TTL_ACTIONS = ['set', 'dec', 'inc'] as const;

export const TTL: Syntax<TargetOf<'TTL'>> = {
  options: Object.fromEntries(TTL_ACTIONS.map((action) => [`ttl-${action}`, { arity: 1 } as const])),
  read: (options, { family }) => {
    const option = exclusive('TTL', options, ['ttl-set', 'ttl-dec', 'ttl-inc']);
    const action = TTL_ACTIONS.find((one) => option?.name === `ttl-${one}`);
    if (option === undefined || action === undefined) throw new RuleError('TTL: You must specify an action');
    if (family === 6) throw new RuleError(`unknown option "${option.word.text}"`, option.word);
    return { kind: 'TTL', action, value: numberArgument('TTL', option, action === 'set' ? 0 : 1, 255) };
  },
  print: ({ action, value }) => ` --ttl-${action} ${value}`,
};

export const CHECKSUM: Syntax<TargetOf<'CHECKSUM'>> = {
  options: { 'checksum-fill': { arity: 0 } },
  read: (options) => {
    required('CHECKSUM', options, 'checksum-fill');
    return { kind: 'CHECKSUM' };
  },
  print: () => ' --checksum-fill',
};

export const CLASSIFY: Syntax<TargetOf<'CLASSIFY'>> = {
  options: { 'set-class': { arity: 1 } },
  read: (options) => {
    const word = argument(required('CLASSIFY', options, 'set-class'));
    const [, major, minor] = /^(?:0x)?([0-9a-f]{1,4}):(?:0x)?([0-9a-f]{1,4})$/i.exec(word.text) ?? [];
    if (major === undefined || minor === undefined)
      throw new RuleError(`Bad class value "${word.text}"`, word);
    return { kind: 'CLASSIFY', major: Number.parseInt(major, 16), minor: Number.parseInt(minor, 16) };
  },
  print: ({ major, minor }) => {
    const digits = (part: number): string => part.toString(16).padStart(4, '0');
    return ` --set-class ${digits(major)}:${digits(minor)}`;
  },
};
