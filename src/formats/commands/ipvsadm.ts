import { type Ip, parseIp } from '../../addr/index.ts';
import type {
  ForwardingMethod,
  Operation,
  RealServerSpec,
  SchedulerFlags,
  TransportName,
  VirtualServerName,
  VirtualServerSpec,
} from '../../kernel/index.ts';
import { servicePort } from '../iptables/names.ts';
import { parseFlags } from '../ipvs/entries.ts';
import { CHOICES, type Command, type OptionName, readOptions } from './ipvsadm-options.ts';
import { type CommandPlace, USER } from './place.ts';
import { CommandError, numberIn, type Words } from './words.ts';

const UNDERSTOOD =
  'ipvsadm -A|-E -t|-u|--sctp-service ADDRESS:PORT [-s SCHEDULER] [-p [SECONDS]] [-b FLAGS], -D -t ADDRESS:PORT, ' +
  '-a|-e -t ADDRESS:PORT -r ADDRESS[:PORT] [-m|-g|-i] [-w WEIGHT], -d -t ADDRESS:PORT -r ADDRESS[:PORT], -C, --set TCP TCPFIN UDP';

function notModelled(what: string): CommandError {
  return new CommandError(`ipvsadm: ${what} is not modelled`, `understood: ${UNDERSTOOD}`);
}

/** `ipvsadm` 1.31, one call that changes something. */
export function readIpvsadm(words: Words, { netns: { id: netns } }: CommandPlace): Operation[] {
  const { command, options, rest } = readOptions(words.all.slice(words.next), UNDERSTOOD);
  words.next = words.all.length;
  const given = new Set(options.keys());
  switch (command) {
    case 'set':
      return [{ op: 'ipvs-timeouts', netns, timeouts: readTimeouts(rest) }];
    case 'flush':
      checkOptions(command, given);
      return [{ op: 'ipvs-clear', netns }];
    case 'zero':
      // Counters are not kept.
      return [];
    case 'list':
    case 'save':
    case 'restore':
    case 'start-daemon':
    case 'stop-daemon':
      throw notModelled(`the '${command}' command`);
    default: {
      checkOptions(command, given);
      for (const name of UNMODELLED) if (given.has(name)) throw notModelled(`the '${name}' option`);
      return [serverOperation(command, netns, options)];
    }
  }
}

type Options = ReadonlyMap<OptionName, string>;
type Editing = Exclude<
  Command,
  'set' | 'flush' | 'zero' | 'list' | 'save' | 'restore' | 'start-daemon' | 'stop-daemon'
>;

const UNMODELLED: readonly OptionName[] = [
  'netmask',
  'u-threshold',
  'l-threshold',
  'ops',
  'persistence engine',
  'fwmark',
  'tunnel',
];

function serverOperation(command: Editing, netns: string, options: Options): Operation {
  const service = readService(options);
  switch (command) {
    case 'add-service':
    case 'edit-service': {
      const op = command === 'add-service' ? 'ipvs-service-add' : 'ipvs-service-edit';
      return { op, netns, service: readScheduling(service, options), origin: USER };
    }
    case 'delete-service':
      return { op: 'ipvs-service-delete', netns, service };
    case 'delete-server': {
      const server = readRealServer(options.get('real-server') ?? '', service);
      return { op: 'ipvs-server-delete', netns, service, server };
    }
    case 'add-server':
    case 'edit-server': {
      const op = command === 'add-server' ? 'ipvs-server-add' : 'ipvs-server-edit';
      return { op, netns, service, server: readServer(options, service), origin: USER };
    }
  }
}

/** generic_opt_check of ipvsadm.c: the first option, in its own order, that a command must or must not have. */
function checkOptions(command: Command, given: ReadonlySet<OptionName>): void {
  const { needs, takes } = CHOICES[command];
  const name = (option: OptionName): OptionName => (option === 'fwmark' ? 'service-address' : option);
  const all = new Set([...given].map(name));
  for (const option of ORDER) {
    if (all.has(option) ? !needs.includes(option) && !takes.includes(option) : needs.includes(option)) {
      throw new CommandError(
        all.has(option)
          ? `Illegal '${option}' option with the '${command}' command`
          : `You need to supply the '${option}' option for the '${command}' command`,
      );
    }
  }
}

const ORDER: readonly OptionName[] = [
  'numeric',
  'connection',
  'service-address',
  'scheduler',
  'persistent',
  'netmask',
  'real-server',
  'forwarding-method',
  'weight',
  'u-threshold',
  'l-threshold',
  'ops',
  'persistence engine',
  'sched-flags',
  'tunnel',
];

function readTimeouts(words: readonly string[]): {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
} {
  const [tcp, tcpFin, udp] = [0, 1, 2].map((i) => {
    const seconds = numberIn(words[i] ?? '', 0, 2 ** 31 - 1);
    if (seconds === undefined)
      throw new CommandError(
        `invalid timeout value \`${words[i] ?? ''}' specified`,
        'give three numbers of seconds: TCP TCPFIN UDP',
      );
    return seconds;
  });
  return { tcp: tcp ?? 0, tcpFin: tcpFin ?? 0, udp: udp ?? 0 };
}

/** The protocol is in front of the address: `tcp 10.96.0.10:80`. */
function readService(options: Options): VirtualServerName {
  const [protocol = 'tcp', text = ''] = (options.get('service-address') ?? '').split(' ');
  const transport = protocol as TransportName;
  const place = readAddress(text);
  if (place === undefined) throw new CommandError('illegal virtual server address[:port] specified');
  const { ip, port = 0 } = place;
  return { protocol: transport, ip, port };
}

interface Address {
  readonly ip: Ip;
  readonly port?: number;
}

/** `10.96.0.10:80`, `10.96.0.10`, `[fd00::1]:80`, `fd00::1`; a port may have a name. */
function readAddress(text: string): Address | undefined {
  const bare = parseIp(text);
  if (bare !== undefined) return { ip: bare };
  const [, v6, v4, word = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]+)$/.exec(text) ?? [];
  const ip = v4 === 'localhost' ? 0x7f000001 : parseIp(v6 ?? v4 ?? '');
  const port = /^\+?\d+$/.test(word) ? Number(word) : servicePort(word);
  if (
    ip === undefined ||
    port === undefined ||
    port > 65535 ||
    (typeof ip === 'bigint') !== (v6 !== undefined)
  )
    return undefined;
  return { ip, port };
}

const MAX_PERSISTENCE = 31 * 24 * 60 * 60;
const DEFAULT_PERSISTENCE = '360';
const DEFAULT_SCHEDULER = 'wlc';

function readScheduling(service: VirtualServerName, options: Options): VirtualServerSpec {
  const scheduler = options.get('scheduler') ?? DEFAULT_SCHEDULER;
  const persistence = options.get('persistent');
  const seconds = persistence === undefined ? undefined : persistence || DEFAULT_PERSISTENCE;
  const persistent = seconds === undefined ? undefined : decimalIn(seconds, 1, MAX_PERSISTENCE);
  if (seconds !== undefined && persistent === undefined)
    throw new CommandError(`invalid timeout value \`${seconds}' specified`);
  if (service.port === 0 && persistent === undefined)
    throw new CommandError('Zero port specified for non-persistent service');
  return {
    ...service,
    scheduler,
    flags: readFlags(scheduler, options.get('sched-flags')),
    ...(persistent === undefined ? {} : { persistent }),
  };
}

const FLAGS: ReadonlySet<string> = new Set(['sh-fallback', 'sh-port', 'mh-fallback', 'mh-port']);

function readFlags(scheduler: string, text: string | undefined): SchedulerFlags {
  if (text === undefined) return { fallback: false, port: false };
  const flags = parseFlags(scheduler, text);
  if (typeof flags !== 'string') return flags;
  if (flags === 'flag-3') throw notModelled('the flag flag-3');
  throw new CommandError(
    FLAGS.has(flags) ? `incompatible scheduler flag \`${flags}'` : `invalid scheduler flag \`${flags}'`,
  );
}

function decimalIn(text: string, min: number, max: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** A real server without a port has the virtual server's. */
function readRealServer(
  text: string,
  service: VirtualServerName,
): { readonly ip: Ip; readonly port: number } {
  const place = readAddress(text);
  if (place === undefined) throw new CommandError('illegal real server address[:port] specified');
  return { ip: place.ip, port: place.port ?? service.port };
}

const METHODS: Readonly<Record<string, ForwardingMethod>> = { m: 'masq', g: 'route', i: 'tunnel' };

function readServer(options: Options, service: VirtualServerName): RealServerSpec {
  const place = readRealServer(options.get('real-server') ?? '', service);
  const forward = METHODS[options.get('forwarding-method') ?? 'g'] ?? 'route';
  const weight = decimalIn(options.get('weight') ?? '1', 0, 2 ** 31 - 1);
  if (weight === undefined) throw new CommandError('illegal weight specified');
  if (typeof place.ip !== typeof service.ip) {
    if (forward === 'tunnel') throw notModelled('a real server of another address family');
    throw new CommandError('Different address family is allowed only for tunneling servers');
  }
  // Only what is rewritten may change its port.
  const port = forward === 'masq' ? place.port : service.port;
  return { ip: place.ip, port, forward, weight };
}
