/**
 * What runs inside each namespace of a conformance run: it takes requests as JSON lines on standard input (opens
 * sockets, connects, sends datagrams, pings, marks the time) and answers each with a JSON line. Like `listen` it is
 * self-contained: its text is the program.
 */

export type AgentRequest =
  | { readonly do: 'listen'; readonly sockets: readonly string[]; readonly addresses: readonly string[] }
  | AgentProbe
  /** A datagram that each observer of the namespace sees: what came before it has been told. */
  | { readonly do: 'mark'; readonly number: number; readonly traced: boolean }
  /** Forgets what ICMP taught of routes (redirects, path MTUs), connections, and what the lists of `-m recent` hold. */
  | { readonly do: 'forget'; readonly connections: boolean };

export interface AgentProbe {
  readonly do: 'tcp' | 'udp' | 'ping';
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly ttl?: number;
  readonly size?: number;
  readonly df?: boolean;
  /** Milliseconds until nothing is called silence. */
  readonly wait: number;
}

/** What the client program saw. */
export type AgentAnswer =
  | { readonly kind: 'answer'; readonly text: string; readonly from?: string }
  | { readonly kind: 'errno'; readonly errno: string }
  | { readonly kind: 'silence' };

/** What `agent` uses of Node. */
export interface AgentModules {
  readonly net: typeof import('node:net');
  readonly dgram: typeof import('node:dgram');
  readonly fs: typeof import('node:fs');
  readonly readline: typeof import('node:readline');
  readonly child: typeof import('node:child_process');
}

type Listen = (
  net: AgentModules['net'],
  dgram: AgentModules['dgram'],
  sockets: readonly string[],
  addresses: readonly string[],
) => Promise<unknown>;

export function agent(modules: AgentModules, listen: Listen): void {
  const { net, dgram, fs, readline, child } = modules;
  const TTL = '/proc/sys/net/ipv4/ip_default_ttl';
  const RECENT = '/proc/net/xt_recent';
  const marker = dgram.createSocket('udp4');

  const tcp = (probe: AgentProbe): Promise<AgentAnswer> => {
    // Node cannot set the TTL of a stream; the namespace's default is its own to change.
    const before = fs.readFileSync(TTL, 'utf8');
    if (probe.ttl !== undefined) fs.writeFileSync(TTL, `${probe.ttl}`);
    return new Promise<AgentAnswer>((resolve) => {
      let text = '';
      const { host, port, localAddress, localPort } = probe;
      const socket = net.connect({
        host,
        port,
        ...(localAddress === undefined ? {} : { localAddress }),
        ...(localPort === undefined ? {} : { localPort }),
      });
      const finish = (answer: AgentAnswer): void => {
        clearTimeout(timer);
        resolve(answer);
        socket.destroy();
      };
      const timer = setTimeout(() => finish({ kind: 'silence' }), probe.wait);
      socket.on('data', (data) => {
        text += data.toString();
      });
      socket.on('end', () => finish({ kind: 'answer', text }));
      socket.on('error', (error: NodeJS.ErrnoException) =>
        finish({ kind: 'errno', errno: error.code ?? error.message }),
      );
    }).finally(() => {
      if (probe.ttl !== undefined) fs.writeFileSync(TTL, before);
    });
  };

  const udp = (probe: AgentProbe): Promise<AgentAnswer> =>
    new Promise((resolve) => {
      const socket = dgram.createSocket('udp4');
      const finish = (answer: AgentAnswer): void => {
        clearTimeout(timer);
        resolve(answer);
        socket.close();
        socket.removeAllListeners('message');
      };
      const fail = (error: NodeJS.ErrnoException): void =>
        finish({ kind: 'errno', errno: error.code ?? error.message });
      const timer = setTimeout(() => finish({ kind: 'silence' }), probe.wait);
      socket.once('error', fail);
      socket.on('message', (data, from) =>
        finish({ kind: 'answer', text: data.toString(), from: from.address }),
      );
      socket.bind(probe.localPort ?? 0, probe.localAddress ?? '0.0.0.0', () => {
        if (probe.ttl !== undefined) socket.setTTL(probe.ttl);
        socket.connect(probe.port, probe.host, (error?: Error) => {
          if (error !== undefined && error !== null) return fail(error);
          socket.send('q'.repeat(probe.size ?? 1), (failed) => {
            if (failed) fail(failed);
          });
        });
      });
    });

  const ping = (probe: AgentProbe): Promise<AgentAnswer> =>
    new Promise((resolve) => {
      const options = ['-n', '-c', '1', '-s', `${probe.size ?? 0}`, '-W', `${probe.wait / 1000}`];
      if (probe.ttl !== undefined) options.push('-t', `${probe.ttl}`);
      if (probe.df !== undefined) options.push('-M', probe.df ? 'do' : 'dont');
      if (probe.localAddress !== undefined) options.push('-I', probe.localAddress);
      child.execFile(
        'ping',
        [...options, probe.host],
        { env: { ...process.env, LC_ALL: 'C' } },
        (_, out, err) => {
          const text = `${out}${err}`;
          const from = /bytes from ([\d.]+): icmp_seq/.exec(text)?.[1];
          const error: [RegExp, string][] = [
            [/Operation not permitted/, 'EPERM'],
            [/Port Unreachable/, 'ECONNREFUSED'],
            [/Protocol Unreachable/, 'ENOPROTOOPT'],
            [/Net (Unreachable|Prohibited)|Network is unreachable/i, 'ENETUNREACH'],
            [/Frag(mentation)? needed|Message too long|message too long/, 'EMSGSIZE'],
            [/Permission denied|Do you want to ping broadcast/, 'EACCES'],
            [/Invalid argument/, 'EINVAL'],
            [
              /Host (Unreachable|Prohibited)|Packet filtered|Time to live exceeded|No route to host/,
              'EHOSTUNREACH',
            ],
          ];
          const errno = error.find(([pattern]) => pattern.test(text))?.[1];
          if (from !== undefined) resolve({ kind: 'answer', text: '', from });
          else resolve(errno === undefined ? { kind: 'silence' } : { kind: 'errno', errno });
        },
      );
    });

  /** Node has no way to say whether a datagram may be fragmented. */
  const udpByPython = (probe: AgentProbe): Promise<AgentAnswer> =>
    new Promise((resolve) => {
      const program = [
        'import errno, json, socket, sys',
        'probe = json.loads(sys.argv[1])',
        's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
        's.setsockopt(socket.IPPROTO_IP, 10, 2 if probe["df"] else 0)', // IP_MTU_DISCOVER: DO, DONT
        'if "ttl" in probe: s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, probe["ttl"])',
        's.settimeout(probe["wait"] / 1000)',
        'try:',
        '    s.bind((probe.get("localAddress", ""), probe.get("localPort", 0)))',
        '    s.connect((probe["host"], probe["port"]))',
        '    s.send(b"q" * probe.get("size", 1))',
        '    answer = {"kind": "answer", "text": s.recv(65535).decode(), "from": s.getpeername()[0]}',
        'except socket.timeout:',
        '    answer = {"kind": "silence"}',
        'except OSError as error:',
        '    answer = {"kind": "errno", "errno": errno.errorcode[error.errno]}',
        'print(json.dumps(answer))',
      ].join('\n');
      child.execFile('python3', ['-c', program, JSON.stringify(probe)], (_, out, err) => {
        resolve(
          out === '' ? { kind: 'errno', errno: `python3: ${err.trim()}` } : (JSON.parse(out) as AgentAnswer),
        );
      });
    });

  const mark = (number: number, traced: boolean): Promise<void> =>
    new Promise((resolve) => {
      const sent = (): void => {
        if (!traced) return resolve();
        // The trace of this one is told, and then its own rule drops it.
        marker.send('', number, '127.127.127.127', () => resolve());
      };
      marker.send(`${number}`, 9, '127.127.127.128', sent);
    });

  const run = async (request: AgentRequest): Promise<AgentAnswer | undefined> => {
    switch (request.do) {
      case 'listen':
        await listen(net, dgram, request.sockets, request.addresses);
        return undefined;
      case 'mark':
        await mark(request.number, request.traced);
        return undefined;
      case 'forget':
        fs.writeFileSync('/proc/sys/net/ipv4/route/flush', '0');
        if (!request.connections) return undefined;
        if (fs.existsSync(RECENT)) {
          for (const name of fs.readdirSync(RECENT)) fs.writeFileSync(`${RECENT}/${name}`, '/\n');
        }
        await new Promise((resolve) => child.execFile('conntrack', ['-F'], resolve));
        return undefined;
      case 'tcp':
        return tcp(request);
      case 'udp':
        return request.df === undefined ? udp(request) : udpByPython(request);
      case 'ping':
        return ping(request);
    }
  };

  const tell = (id: number, result: object): void => {
    process.stdout.write(`${JSON.stringify({ id, ...result })}\n`);
  };
  marker.on('error', () => undefined);
  const sink = dgram.createSocket('udp4');
  sink.on('error', () => undefined);
  sink.bind(9, '127.127.127.128', () => {
    readline
      .createInterface({ input: process.stdin })
      .on('line', (line) => {
        const { id, ...request } = JSON.parse(line) as AgentRequest & { readonly id: number };
        run(request as AgentRequest).then(
          (answer) => tell(id, answer === undefined ? {} : { answer }),
          (error: unknown) => tell(id, { error: error instanceof Error ? error.message : String(error) }),
        );
      })
      .on('close', () => process.exit(0));
    tell(0, {});
  });
}
