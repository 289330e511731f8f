import { describe, expect, it } from 'vitest';
import { printIpvsadmSave, readCommand } from '../../../src/formats/index.ts';
import { addNetns, commit, createWorld, type Netns, type World } from '../../../src/kernel/index.ts';

const BEFORE = [
  'ipvsadm -A -t 10.96.0.1:443 -s rr',
  'ipvsadm -a -t 10.96.0.1:443 -r 10.244.1.2:8443 -m',
  'ipvsadm -A -t [fd00:96::1]:80 -s rr',
];

function place(): { readonly world: World; readonly netns: Netns } {
  const world = createWorld();
  return { world, netns: addNetns(world, { id: 'node/n', kind: 'node', label: 'n', name: 'n' }) };
}

/** What the first refused command says; empty when all are taken. */
function run({ world, netns }: ReturnType<typeof place>, ...commands: readonly string[]): string {
  for (const command of commands) {
    const read = readCommand(command, world, netns);
    if (!read.ok) return read.message;
    const error = commit(world, read.operations);
    if (error !== undefined) return error.message;
  }
  return '';
}

const INVALID = 'Invalid operation.  Possibly wrong module version, address not unicast, ...';

/** Refusals of ipvsadm 1.31 on Linux 6.1, as measured, in the state of BEFORE. */
const REFUSED: readonly (readonly [options: string, message: string])[] = [
  ['-A -t 10.96.0.1:443 -s rr', 'Service already exists'],
  ['-A -t [fd00:96::1]:80', 'Service already exists'],
  ['-a -t 10.96.0.1:443 -r 10.244.1.2:8443 -m', 'Destination already exists'],
  ['-a -t 10.96.0.1:444 -r 10.244.1.2:8443 -m', 'Service not defined'],
  ['-d -t 10.96.0.1:444 -r 10.244.1.2:8443', 'Service not defined'],
  ['-d -t 10.96.0.1:443 -r 10.244.1.2:8444', 'No such destination'],
  ['-e -t 10.96.0.1:443 -r 10.244.1.2:8444 -m', 'No such destination'],
  // Without -m the port is the virtual server's.
  ['-e -t 10.96.0.1:443 -r 10.244.1.2:8443', 'No such destination'],
  ['-e -t 10.96.0.1:444 -r 10.244.1.2:8444 -m', 'Service not defined'],
  ['-D -t 10.96.0.1:444', 'No such service'],
  ['-E -t 10.96.0.1:444 -s rr', 'No such service'],
  ['-A -t 10.96.1.1:444 -s foo', 'Scheduler or persistence engine not found'],
  ['-E -t 10.96.0.1:443 -s foo', 'Scheduler or persistence engine not found'],
  ['-A -t 10.96.1.1 -s rr', 'Zero port specified for non-persistent service'],
  ['-A -t 10.96.1.1:0 -s rr', 'Zero port specified for non-persistent service'],
  ['-A -t fd00::2', 'Zero port specified for non-persistent service'],
  ['-A -t fd00::2:80', 'Zero port specified for non-persistent service'],
  ['-A -t 10.96.1.1:99999 -s rr', 'illegal virtual server address[:port] specified'],
  ['-A -t 10.96.2.7:0x50', 'illegal virtual server address[:port] specified'],
  ['-A -t 10.96.2.7:-1', 'illegal virtual server address[:port] specified'],
  ['-A -t 10.96.2.7:', 'illegal virtual server address[:port] specified'],
  ['-A -t :80', 'illegal virtual server address[:port] specified'],
  ['-A -t [fd00::2]', 'illegal virtual server address[:port] specified'],
  ['-A -t nohost.example:80', 'illegal virtual server address[:port] specified'],
  ['-A -t 10.96.1.9:nosuch', 'illegal virtual server address[:port] specified'],
  ['-a -t [fd00:96::1]:80 -r x', 'illegal real server address[:port] specified'],
  ['-A -s rr', "You need to supply the 'service-address' option for the 'add-service' command"],
  ['-A', "You need to supply the 'service-address' option for the 'add-service' command"],
  ['-a -t 10.96.0.1:443', "You need to supply the 'real-server' option for the 'add-server' command"],
  ['-a -t 10.96.0.1:443 -m', "You need to supply the 'real-server' option for the 'add-server' command"],
  ['-d -t 10.96.0.1:443', "You need to supply the 'real-server' option for the 'delete-server' command"],
  ['-e -t 10.96.0.1:443', "You need to supply the 'real-server' option for the 'edit-server' command"],
  ['-a -t 10.96.0.1:443 -r 10.244.1.7:8443 -m -w -1', 'illegal weight specified'],
  ['-a -t 10.96.0.1:443 -r 10.244.1.7:8443 -m -w x', 'illegal weight specified'],
  ['-a -t 10.96.0.1:443 -r 10.244.1.7:8443 -m -w 0x10', 'illegal weight specified'],
  ['-a -t 10.96.0.1:443 -r 10.244.1.7:8443 -m -w 2147483648', 'illegal weight specified'],
  ['-a -t 10.96.0.1:443 -r 10.244.1.7:8443 -m -w', '-w: missing argument'],
  ['-a -t 10.96.0.1:443 -r 224.0.0.1:8443 -m', INVALID],
  ['-a -t 10.96.0.1:443 -r 0.0.0.0:80 -m', INVALID],
  ['-a -t 10.96.0.1:443 -r 10.244.1.7:8443 -m -g', "multiple 'forwarding-method' options specified"],
  ['-a -t 10.96.0.1:443 -r 10.1.1.1:80 -r 10.1.1.2:80 -m', "multiple 'real-server' options specified"],
  ['-a -t 10.96.0.1:443 -r 10.1.1.1:80 -m -w 1 -w 2', "multiple 'weight' options specified"],
  ['-A -t 10.96.2.4:80 -s rr -s wrr', "multiple 'scheduler' options specified"],
  ['-A -t 10.96.2.4:80 -p 3 -p 4', "multiple 'persistent' options specified"],
  ['-A -t 10.96.1.1:84 -t 10.96.1.1:85', "multiple 'service-address' options specified"],
  ['-A -t 10.96.2.8:80 -u 10.96.2.8:80', "multiple 'service-address' options specified"],
  [
    '-a -t 10.96.0.1:443 -r [fd00::1]:80 -m',
    'Different address family is allowed only for tunneling servers',
  ],
  ['-A -t 10.96.1.1:81 -p 0', "invalid timeout value `0' specified"],
  ['-A -t 10.96.1.1:82 -p x', "invalid timeout value `x' specified"],
  ['-A -t 10.96.1.7:80 -s rr -p 2678401', "invalid timeout value `2678401' specified"],
  ['-A -t 10.96.1.1:83 -b mh-port -s rr', "incompatible scheduler flag `mh-port'"],
  ['-A -t 10.96.1.1:83 -b x', "invalid scheduler flag `x'"],
  ['-A -D -t 10.96.1.1:84', "invalid option `-D'"],
  ['-D -t 10.96.0.1:443 -s rr', "Illegal 'scheduler' option with the 'delete-service' command"],
  ['-A -t 10.96.1.1:84 -r 10.0.0.1', "Illegal 'real-server' option with the 'add-service' command"],
  ['-A -t 10.96.1.1:84 -m', "Illegal 'forwarding-method' option with the 'add-service' command"],
  ['-A -t 10.96.1.1:84 -w 1', "Illegal 'weight' option with the 'add-service' command"],
  ['-C -t 10.96.1.1:84', "Illegal 'service-address' option with the 'flush' command"],
  ['-C -s rr', "Illegal 'scheduler' option with the 'flush' command"],
  ['-d -t 10.96.0.1:443 -r 10.244.1.2:8443 -w 1', "Illegal 'weight' option with the 'delete-server' command"],
  [
    '-d -t 10.96.0.1:443 -r 10.244.1.2:8443 -m',
    "Illegal 'forwarding-method' option with the 'delete-server' command",
  ],
  ['--foo', "Try `ipvsadm -h' or 'ipvsadm --help' for more information."],
  ['foo -A -t 10.96.2.9:80', 'unexpected argument foo'],
  ['-A -t 10.96.2.9:80 foo', 'unexpected argument foo'],
];

/** What ipvsadm takes and podwalk does not model. */
const NOT_MODELLED: readonly (readonly [options: string, message: string])[] = [
  ['-A -f 1 -s rr', "ipvsadm: the 'fwmark' option is not modelled"],
  ['-A -u 10.96.2.5:80 -o', "ipvsadm: the 'ops' option is not modelled"],
  ['-A -u 10.96.2.6:80 --pe sip', "ipvsadm: the 'persistence engine' option is not modelled"],
  ['-A -t 10.96.1.8:80 -p 60 -M 255.255.255.0', "ipvsadm: the 'netmask' option is not modelled"],
  ['-A -t 10.96.1.7:80 -p 5 -b flag-3', 'ipvsadm: the flag flag-3 is not modelled'],
  ['-a -t 10.96.0.1:443 -r 10.0.0.1 -m -x 5', "ipvsadm: the 'u-threshold' option is not modelled"],
  [
    '-a -t 10.96.0.1:443 -r [fd00::1]:80 -i',
    'ipvsadm: a real server of another address family is not modelled',
  ],
  ['-Ln', "ipvsadm: the 'list' command is not modelled"],
];

/** What ipvsadm takes, and the lines that `ipvsadm-save -n` then has more, or less. */
const TAKEN: readonly (readonly [options: string, line: string, has: boolean])[] = [
  ['-A -t 10.96.1.1:80 --scheduler rr', '-A -t 10.96.1.1:80 -s rr', true],
  ['-A --tcp-service 10.96.1.2:80 --scheduler=wrr --persistent=60', '-A -t 10.96.1.2:80 -s wrr -p 60', true],
  ['--add-service --udp-service 10.96.1.3:80 -s lc', '-A -u 10.96.1.3:80 -s lc', true],
  ['-A -t10.96.1.4:80 -srr -p60', '-A -t 10.96.1.4:80 -s rr -p 60', true],
  ['-At 10.96.1.5:80 -s rr', '-A -t 10.96.1.5:80 -s rr', true],
  ['-A --sctp-service 10.96.1.6:9', '-A --sctp-service 10.96.1.6:9 -s wlc', true],
  ['-A -t 10.96.2.2:80 -p', '-A -t 10.96.2.2:80 -s wlc -p 360', true],
  ['-A -t 10.96.2.2:0 -p -s rr', '-A -t 10.96.2.2:0 -s rr -p 360', true],
  ['-A -t 10.96.2.7:+80', '-A -t 10.96.2.7:80 -s wlc', true],
  ['-A -t 10.96.2.7:080', '-A -t 10.96.2.7:80 -s wlc', true],
  ['-A -t 10.96.2.7:http', '-A -t 10.96.2.7:80 -s wlc', true],
  ['-A -t localhost:80', '-A -t 127.0.0.1:80 -s wlc', true],
  ['-A -t 224.0.0.1:80', '-A -t 224.0.0.1:80 -s wlc', true],
  ['-A -t 10.96.1.7:80 -s rr -p 2678400', '-A -t 10.96.1.7:80 -s rr -p 2678400', true],
  ['-E -t 10.96.0.1:443', '-A -t 10.96.0.1:443 -s wlc', true],
  ['-E -t 10.96.0.1:443 -s sh -b sh-port', '-A -t 10.96.0.1:443 -s sh -b sh-port', true],
  ['-a -t 10.96.0.1:443 -r 10.244.1.2 -m', '-a -t 10.96.0.1:443 -r 10.244.1.2:443 -m -w 1', true],
  ['-a -t 10.96.0.1:443 -r 10.244.1.9:0 -m', '-a -t 10.96.0.1:443 -r 10.244.1.9:0 -m -w 1', true],
  ['-a -t 10.96.0.1:443 -r 10.244.9.8:81 -g', '-a -t 10.96.0.1:443 -r 10.244.9.8:443 -g -w 1', true],
  [
    '-a -t 10.96.0.1:443 -r 10.1.1.1 --ipip',
    '-a -t 10.96.0.1:443 -r 10.1.1.1:443 -i -w 1 --tun-type ipip',
    true,
  ],
  ['-a -t 10.96.0.1:443 -r 127.0.0.1:80 -m', '-a -t 10.96.0.1:443 -r 127.0.0.1:80 -m -w 1', true],
  [
    '-a -t 10.96.0.1:443 -r 10.244.1.98:8443 -m -w 2147483647',
    '-a -t 10.96.0.1:443 -r 10.244.1.98:8443 -m -w 2147483647',
    true,
  ],
  [
    '-e -t 10.96.0.1:443 -r 10.244.1.2:8443 -m -w 010',
    '-a -t 10.96.0.1:443 -r 10.244.1.2:8443 -m -w 10',
    true,
  ],
  ['-e -t 10.96.0.1:443 -r 10.244.1.2:8443 -m -w 0', '-a -t 10.96.0.1:443 -r 10.244.1.2:8443 -m -w 0', true],
  ['-d -t 10.96.0.1:443 -r 10.244.1.2:8443', '-a -t 10.96.0.1:443 -r 10.244.1.2:8443 -m -w 1', false],
  ['-D -t 10.96.0.1:443', '-A -t 10.96.0.1:443 -s rr', false],
  ['-C', '-A -t [fd00:96::1]:80 -s rr', false],
];

describe('an ipvsadm command by hand', () => {
  it.each(REFUSED)('%s is refused in its words', (options, message) => {
    const here = place();
    expect(run(here, ...BEFORE)).toBe('');
    const before = printIpvsadmSave(here.netns);
    expect(run(here, `ipvsadm ${options}`)).toBe(message);
    expect(printIpvsadmSave(here.netns)).toBe(before);
  });

  it.each(NOT_MODELLED)('%s is understood and not modelled', (options, message) => {
    const here = place();
    run(here, ...BEFORE);
    expect(run(here, `ipvsadm ${options}`)).toBe(message);
  });

  it.each(TAKEN)('%s is done', (options, line, has) => {
    const here = place();
    run(here, ...BEFORE);
    expect(printIpvsadmSave(here.netns).split('\n').includes(line)).toBe(!has);
    expect(run(here, `/usr/sbin/ipvsadm ${options}`)).toBe('');
    expect(printIpvsadmSave(here.netns).split('\n').includes(line)).toBe(has);
  });

  it('--set leaves what is 0 as it was', () => {
    const here = place();
    expect(run(here, 'ipvsadm --set 10000 7 8', 'ipvsadm --set 0 0 9')).toBe('');
    expect(here.netns.ipvsTimeouts).toEqual({ tcp: 10000, tcpFin: 7, udp: 9 });
  });

  it('what takes back a refused batch takes back timeouts too', () => {
    const { world, netns } = place();
    const set = readCommand('ipvsadm --set 1 2 3', world, netns);
    const bad = readCommand('ipvsadm -D -t 10.0.0.1:80', world, netns);
    if (!set.ok || !bad.ok) throw new Error('not read');
    expect(commit(world, [...set.operations, ...bad.operations])?.message).toBe('No such service');
    expect(netns.ipvsTimeouts).toEqual({ tcp: 900, tcpFin: 120, udp: 300 });
  });
});
