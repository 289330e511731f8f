import type { IpvsMatch } from '../../kernel/index.ts';
import { printTupleAddress, readProtocolOption, readTupleAddress } from './match-conntrack.ts';
import { argument, bang, type Option, readPort, type Syntax } from './syntax.ts';
import { RuleError } from './words.ts';

const METHODS = ['GATE', 'IPIP', 'MASQ'] as const;

function readPortOption(option: Option | undefined): IpvsMatch['port'] {
  return option && { port: readPort(argument(option).text, argument(option)), not: option.not };
}

function readDirection(option: Option): 'ORIGINAL' | 'REPLY' {
  const word = argument(option);
  const name = word.text.toUpperCase();
  if (name === 'ORIGINAL' || name === 'REPLY') return name;
  throw new RuleError(`ipvs: Bad value for "--vdir" option: "${word.text}"`, word);
}

function readMethod(option: Option): NonNullable<IpvsMatch['method']> {
  const word = argument(option);
  const method = METHODS.find((name) => name === word.text.toUpperCase());
  if (method === undefined)
    throw new RuleError(`ipvs: Bad value for "--vmethod" option: "${word.text}"`, word);
  return { method, not: option.not };
}

function printPort(name: string, tested: IpvsMatch['port']): string {
  return tested === undefined ? '' : ` ${bang(tested.not)}--${name} ${tested.port}`;
}

/** libxt_ipvs: the protocol is printed as a number, and before the address. */
export const IPVS: Syntax<IpvsMatch> = {
  options: {
    ipvs: { arity: 0, not: true },
    vproto: { arity: 1, not: true },
    vaddr: { arity: 1, not: true },
    vport: { arity: 1, not: true },
    vdir: { arity: 1 },
    vmethod: { arity: 1, not: true },
    vportctl: { arity: 1, not: true },
  },
  read: (options, context) => {
    if (options.size === 0) throw new RuleError('IPVS: At least one option is required');
    const any = options.get('ipvs');
    if (any?.not === true && options.size > 1)
      throw new RuleError('! --ipvs cannot be together with other options', any.word);
    const protocol = options.get('vproto');
    const address = readTupleAddress('ipvs', options.get('vaddr'), context);
    const port = readPortOption(options.get('vport'));
    const direction = options.get('vdir');
    const method = options.get('vmethod');
    const controlPort = readPortOption(options.get('vportctl'));
    return {
      kind: 'ipvs',
      ...(any && options.size === 1 && { ipvs: { not: any.not } }),
      ...(protocol && { protocol: { number: readProtocolOption(protocol), not: protocol.not } }),
      ...(address && { address }),
      ...(port && { port }),
      ...(direction && { direction: readDirection(direction) }),
      ...(method && { method: readMethod(method) }),
      ...(controlPort && { controlPort }),
    };
  },
  print: ({ ipvs, protocol, address, port, direction, method, controlPort }) =>
    (ipvs === undefined ? '' : ` ${bang(ipvs.not)}--ipvs`) +
    (protocol === undefined ? '' : ` ${bang(protocol.not)}--vproto ${protocol.number}`) +
    printTupleAddress('vaddr', address) +
    printPort('vport', port) +
    (direction === undefined ? '' : ` --vdir ${direction}`) +
    (method === undefined ? '' : ` ${bang(method.not)}--vmethod ${method.method}`) +
    printPort('vportctl', controlPort),
};
