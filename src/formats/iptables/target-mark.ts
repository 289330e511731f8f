import type { Target } from '../../kernel/index.ts';
import { exclusive, hex, numberArgument, type Option, type Syntax, valueMask } from './syntax.ts';
import { RuleError } from './words.ts';

type TargetOf<K extends Target['kind']> = Target & { readonly kind: K };

const MARK_FORMS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark'] as const;
const FULL = 0xffffffff;

interface ValueMask {
  readonly value: number;
  readonly mask: number;
}

/** What any of the forms does, as `--set-xmark` writes it: clear the bits of mask, then xor value. */
function readForm(extension: string, option: Option): ValueMask {
  const { value, mask = FULL } = valueMask(extension, option);
  switch (option.name) {
    case 'set-mark':
      return { value, mask: (value | mask) >>> 0 };
    case 'and-mark':
      return { value: 0, mask: ~value >>> 0 };
    case 'or-mark':
      return { value, mask: value };
    case 'xor-mark':
      return { value, mask: 0 };
    default:
      return { value, mask };
  }
}

export const MARK: Syntax<TargetOf<'MARK'>> = {
  options: Object.fromEntries(MARK_FORMS.map((form) => [form, { arity: 1 } as const])),
  read: (options) => {
    const option = exclusive('MARK', options, MARK_FORMS);
    if (option === undefined) {
      throw new RuleError('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required');
    }
    return { kind: 'MARK', ...readForm('MARK', option) };
  },
  print: ({ value, mask }) => ` --set-xmark ${hex(value)}/${hex(mask)}`,
};

const ACTIONS = [...MARK_FORMS, 'save-mark', 'restore-mark'] as const;

export const CONNMARK: Syntax<TargetOf<'CONNMARK'>> = {
  options: {
    ...Object.fromEntries(MARK_FORMS.map((form) => [form, { arity: 1 } as const])),
    'save-mark': { arity: 0 },
    'restore-mark': { arity: 0 },
    mask: { arity: 1 },
    nfmask: { arity: 1 },
    ctmask: { arity: 1 },
    'left-shift-mark': { arity: 1, unmodelled: true },
    'right-shift-mark': { arity: 1, unmodelled: true },
  },
  read: (options) => {
    const option = exclusive('CONNMARK', options, ACTIONS);
    const number = (name: string): number | undefined => {
      const found = options.get(name);
      return found && numberArgument('CONNMARK', found);
    };
    exclusive('CONNMARK', options, ['nfmask', 'mask']);
    exclusive('CONNMARK', options, ['ctmask', 'mask']);
    const both = number('mask');
    const nfMask = both ?? number('nfmask');
    const ctMask = both ?? number('ctmask');
    if (option === undefined) throw new RuleError('CONNMARK target: No operation specified');
    switch (option.name) {
      case 'save-mark':
      case 'restore-mark': {
        const action = option.name === 'save-mark' ? 'save' : 'restore';
        return { kind: 'CONNMARK', action, nfMask: nfMask ?? FULL, ctMask: ctMask ?? FULL };
      }
      default: {
        const { value, mask } = readForm('CONNMARK', option);
        return { kind: 'CONNMARK', action: 'set', value, mask: ctMask ?? mask };
      }
    }
  },
  print: (target) =>
    target.action === 'set'
      ? ` --set-xmark ${hex(target.value)}/${hex(target.mask)}`
      : ` --${target.action}-mark --nfmask ${hex(target.nfMask)} --ctmask ${hex(target.ctMask)}`,
};
