import { spawnSync } from 'node:child_process';

/**
 * The real tools in a network namespace of their own. The namespace is unshared: it has no name and is gone with the
 * process that runs in it, whatever becomes of the test.
 */

/** What each tool says of its version, as far as texts depend on it, and a call that the kernel must take. */
const TOOLS = {
  iptables: { version: /^iptables v1\.8\.9 \(nf_tables\)$/m, probe: ['iptables', '-L', '-n'] },
  ip6tables: { version: /^ip6tables v1\.8\.9 \(nf_tables\)$/m, probe: ['ip6tables', '-L', '-n'] },
  ipset: { version: /^ipset v7\.17/m, probe: ['ipset', 'list'] },
} as const;

export type RealTool = keyof typeof TOOLS;

/** Why the real tools cannot be asked here, in one line; undefined when they can. */
export function whatIsMissing(tools: readonly RealTool[]): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, for a network namespace';
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) return 'needs unshare(1) and network namespaces';
  for (const tool of tools) {
    const { version, probe } = TOOLS[tool];
    const said = spawnSync(tool, ['--version'], { encoding: 'utf8' });
    if (said.status !== 0 || !version.test(said.stdout)) return `needs ${tool}: ${version.source}`;
    if (spawnSync('unshare', ['--net', ...probe]).status !== 0)
      return `the kernel refuses ${probe.join(' ')}`;
  }
  return undefined;
}

/** Says on stderr why tests are skipped, and gives their title the reason. */
export function titleOf(what: string, missing: string | undefined): string {
  if (missing === undefined) return what;
  process.stderr.write(`skipped: ${what}: ${missing}\n`);
  return `${what} (skipped: ${missing})`;
}

/** Runs a shell script in a fresh network namespace; throws what it complains of. */
export function inFreshNamespace(script: string, stdin: string): string {
  const { status, stdout, stderr, error } = spawnSync('unshare', ['--net', 'sh', '-e', '-c', script], {
    encoding: 'utf8',
    input: stdin,
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
}

/** What iptables-save prints, without its dated comments and with counters at zero. */
export function withoutCounters(text: string): string {
  return text.replace(/^#.*\n/gm, '').replace(/^(:\S+ \S+) \[\d+:\d+\]$/gm, '$1 [0:0]');
}
