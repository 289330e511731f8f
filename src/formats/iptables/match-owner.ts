import type { IdRange, Match } from '../../kernel/index.ts';
import { argument, bang, type Option, readNumber, type Syntax } from './syntax.ts';
import { RuleError } from './words.ts';

type Owner = Match & { readonly kind: 'owner' };

/** A number, a range, or `root`: the only user and group that every system has. */
function readIds(option: Option | undefined): IdRange | undefined {
  if (option === undefined) return undefined;
  const word = argument(option);
  const [head = '', tail] = word.text === 'root' ? ['0'] : word.text.split('-');
  const from = readNumber(head, 0xffffffff - 1);
  const to = tail === undefined ? from : readNumber(tail, 0xffffffff - 1);
  if (from === undefined || to === undefined || to < from) {
    throw new RuleError(`owner: Bad value for "--${option.name}" option: "${word.text}"`, word);
  }
  return { from, to, not: option.not };
}

function printIds(option: string, ids: IdRange | undefined): string {
  if (ids === undefined) return '';
  return ` ${bang(ids.not)}--${option} ${ids.from === ids.to ? ids.from : `${ids.from}-${ids.to}`}`;
}

export const OWNER: Syntax<Owner> = {
  options: {
    'uid-owner': { arity: 1, not: true },
    'gid-owner': { arity: 1, not: true },
    'socket-exists': { arity: 0, not: true },
    'suppl-groups': { arity: 0 },
  },
  read: (options) => {
    const uid = readIds(options.get('uid-owner'));
    const gid = readIds(options.get('gid-owner'));
    const socketExists = options.get('socket-exists');
    const supplementary = options.get('suppl-groups');
    if (supplementary !== undefined && gid === undefined) {
      throw new RuleError(
        'owner: Bad value for "--suppl-groups" option: "you need to use --gid-owner first"',
        supplementary.word,
      );
    }
    if (uid === undefined && gid === undefined && socketExists === undefined) {
      throw new RuleError('owner: At least one of --uid-owner, --gid-owner or --socket-exists is required');
    }
    return {
      kind: 'owner',
      ...(socketExists && { socketExists: { not: socketExists.not } }),
      ...(uid && { uid }),
      ...(gid && { gid }),
      supplementary: supplementary !== undefined,
    };
  },
  print: ({ socketExists, uid, gid, supplementary }) =>
    (socketExists === undefined ? '' : ` ${bang(socketExists.not)}--socket-exists`) +
    printIds('uid-owner', uid) +
    printIds('gid-owner', gid) +
    (supplementary ? ' --suppl-groups' : ''),
};
