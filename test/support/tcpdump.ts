import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** tcpdump on one device of a network namespace. */
export interface Dump {
  /** Ends it, and gives the frames that it saw. */
  readonly stop: () => Promise<Buffer[]>;
}

/** Resolves when it listens. */
export function startDump(netns: string, device: string): Promise<Dump> {
  const command = [
    'netns',
    'exec',
    netns,
    'tcpdump',
    '-i',
    device,
    '-n',
    '-U',
    '--immediate-mode',
    '-w',
    '-',
  ];
  const child = spawn('ip', command, { stdio: 'pipe' });
  const pieces: string[] = [];
  child.stdout.on('data', (data: Buffer) => pieces.push(data.toString('hex')));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const stop = async (): Promise<Buffer[]> => {
    child.kill('SIGINT');
    await ended;
    return framesOf(Buffer.from(pieces.join(''), 'hex'));
  };
  return listening(child).then(() => ({ stop }));
}

function listening(child: ChildProcessWithoutNullStreams): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes('listening on')) resolve();
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`tcpdump: ${said}`)));
  });
}

/** The packets of a pcap file: a header of 24 bytes, then 16 bytes before each (draft-ietf-opsawg-pcap). */
function framesOf(file: Buffer): Buffer[] {
  if (file.length < 24) return [];
  if (file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 1)
    throw new Error('no pcap of Ethernet');
  const frames: Buffer[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    frames.push(file.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}
