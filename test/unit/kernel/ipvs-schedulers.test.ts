import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatIp, ip } from '../../../src/addr/index.ts';
import {
  ask,
  completeHandshake,
  KERNEL_ORIGIN,
  newSession,
  seededRandom,
  type VirtualServer,
} from '../../../src/kernel/index.ts';
import { changeState, newIpvsRuntime, remember, schedulerOf } from '../../../src/kernel/ipvs/connection.ts';
import { newRound, type Place } from '../../../src/kernel/ipvs/round.ts';
import { schedule } from '../../../src/kernel/ipvs/scheduler.ts';
import { greatestCommonDivisor } from '../../../src/kernel/ipvs/server-list.ts';
import { ipvsWorld } from '../../support/ipvs-world.ts';

interface Flow {
  readonly src: string;
  readonly sport: number;
  readonly vip: string;
  readonly server: string;
  /** The connection was closed before the next one began. */
  readonly closed: boolean;
}

interface Case {
  readonly name: string;
  readonly scheduler: string;
  readonly protocol: 'tcp' | 'udp';
  readonly flags: string;
  readonly persistent: boolean;
  readonly servers: readonly (readonly [string, number])[];
  readonly edits: ReadonlyMap<string, number>;
  readonly flows: readonly Flow[];
}

const weights = (words: readonly string[]) =>
  words.map((word): [string, number] => {
    const [address = '', weight = ''] = word.split('=');
    return [address, Number(weight)];
  });

/** What Linux 6.1 chose, connection by connection. */
function measured(): Case[] {
  const text = readFileSync(new URL('../../golden/ipvs/schedulers.txt', import.meta.url), 'utf8');
  return text.split(/^case /m).flatMap((block, number) => {
    if (number === 0) return [];
    const [head = '', ...lines] = block.trimEnd().split('\n');
    const [scheduler = '', protocol, flags = '', persistent, open] = head.split(' ');
    const line = (word: string): string[] =>
      lines
        .find((l) => l.startsWith(word))
        ?.split(' ')
        .slice(1) ?? [];
    const servers = weights(line('servers '));
    return {
      name: `${number}: ${head} ${servers.map(([, weight]) => weight).join(',')}`,
      scheduler,
      protocol: protocol === 'udp' ? 'udp' : 'tcp',
      flags,
      persistent: persistent !== '-',
      servers,
      edits: new Map(weights(line('edits '))),
      flows: lines.flatMap((l) => {
        const match = /^([\d.]+):(\d+) ([\d.]+) (\S+)( closed)?$/.exec(l);
        const [, src = '', sport = '', vip = '', server = '', closed] = match ?? [];
        return match === null
          ? []
          : [{ src, sport: Number(sport), vip, server, closed: open === 'closed' || closed !== undefined }];
      }),
    };
  });
}

function virtualServer(vip: string, { scheduler, protocol, flags, servers, edits }: Case): VirtualServer {
  return {
    protocol,
    ip: ip(vip),
    port: 80,
    scheduler,
    flags: { fallback: flags.includes('fallback'), port: flags.includes('-port') },
    realServers: servers.map(([address, weight]) => {
      const edited = edits.get(address);
      return {
        ip: ip(address),
        port: 8080,
        forward: 'masq',
        weight: edited ?? weight,
        ...(edited === 0 ? { lastWeight: weight } : {}),
        origin: KERNEL_ORIGIN,
      };
    }),
    origin: KERNEL_ORIGIN,
  };
}

/** The servers that the emulated scheduler chooses, from a place in its round. */
function chosen(one: Case, place: Place | undefined): string[] {
  const runtime = newIpvsRuntime();
  const services = new Map(one.flows.map(({ vip }) => [vip, virtualServer(vip, one)]));
  for (const service of services.values()) {
    const state = schedulerOf(runtime, service);
    state.places = place === undefined ? undefined : [place];
    state.fresh = false;
  }
  const kept = new Map<string, string>();
  return one.flows.map(({ src, sport, vip, closed }) => {
    const service = services.get(vip);
    if (service === undefined) throw new Error('no virtual server');
    const known = one.persistent ? kept.get(src) : undefined;
    if (known !== undefined) return known;
    const input = { src: ip(src), sport, dst: ip(vip) };
    const choice = schedule(service, schedulerOf(runtime, service), input, { chance: () => true });
    if (choice === undefined || choice === 'unknown') return 'refused';
    const { server } = choice;
    const connection = {
      protocol: one.protocol === 'tcp' ? 6 : 17,
      client: input.src,
      clientPort: sport,
      virtualPort: 80,
      service,
      server,
      serverPort: 8080,
      template: undefined,
      tracked: true,
      state: one.protocol === 'tcp' ? ('SYN_RECV' as const) : ('UDP' as const),
    };
    remember(runtime, connection);
    if (closed && one.protocol === 'tcp') changeState(runtime, connection, 'CLOSE');
    kept.set(src, formatIp(server.ip));
    return formatIp(server.ip);
  });
}

/** Where a round may begin: of many levels those next to where a server starts to be taken. */
function placesOfCase({ scheduler, servers }: Case): Place[] {
  const weights = servers.map(([, weight]) => (scheduler === 'rr' ? Math.min(weight, 1) : weight)).reverse();
  const { levels, top } = newRound(weights, weights.reduce(greatestCommonDivisor, 0));
  return levels.flatMap((to, at) =>
    [...new Set([top, ...levels].flatMap((level) => [0, 1, 2, 3].map((less) => level - less)))]
      .filter((level) => level > 0 && level <= to)
      .map((level) => ({ at, from: level, to: level })),
  );
}

describe('a scheduler chooses what Linux 6.1 chose', () => {
  test.each(measured().map((one) => [one.name, one] as const))('%s', (_, one) => {
    const wanted = one.flows.map(({ server }) => server);
    expect(wanted.length).toBeGreaterThan(5);
    // Where a round begins depends on what was added when; that it then goes on so does not.
    const places = one.scheduler === 'rr' || one.scheduler === 'wrr' ? placesOfCase(one) : [undefined];
    expect(places.map((place) => chosen(one, place))).toContainEqual(wanted);
  });
});

describe('the first choice of a session', () => {
  test('of rr is drawn evenly, and the rest of the round follows', () => {
    const world = ipvsWorld({
      servers: [
        ['10.244.1.2', 8080],
        ['10.244.1.3', 8080],
        ['10.244.2.2', 8080],
      ],
    });
    const odds: string[] = [];
    for (const [script, expected] of [
      [[true], ['2.2', '1.3', '1.2', '2.2']],
      [
        [false, true],
        ['1.3', '1.2', '2.2', '1.3'],
      ],
      [
        [false, false],
        ['1.2', '2.2', '1.3', '1.2'],
      ],
    ] as const) {
      const answers = [...script];
      const chance = (p: { numerator: bigint; denominator: bigint }): boolean => {
        odds.push(`${p.numerator}/${p.denominator}`);
        return answers.shift() ?? false;
      };
      const session = newSession(world, { chance }, seededRandom(1));
      for (let i = 0; i < 4; i++) {
        const request = { protocol: 'tcp', dst: ip('10.96.0.10'), dport: 80 } as const;
        completeHandshake(session, ask(session, { netns: 'node/node1', ...request }));
      }
      const asked = session.accepted.map(({ packet }) => formatIp(packet.dst).slice('10.244.'.length));
      expect(asked).toEqual(expected);
    }
    expect(odds).toEqual(['1/3', '1/3', '1/2', '1/3', '1/2']);
  });

  test('of a scheduler that is not modelled is unknown, whoever asks', () => {
    const session = newSession(ipvsWorld({ scheduler: 'ovf' }), { chance: () => true }, seededRandom(1));
    ask(session, { netns: 'pod/default/b1', protocol: 'tcp', dst: ip('10.96.0.10'), dport: 80 });
    expect(session.ends.map(({ reason }) => reason)).toEqual(['UNSUPPORTED']);
  });
});
