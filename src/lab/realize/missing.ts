import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type KernelPart, TOOLS, type Tool, type ToolName } from './tools.ts';

/** Something that a lab needs and that is not there, in one line for a person. */
export type Missing = string;

export type Purpose = 'realize' | 'conform';

const NEEDED: Readonly<Record<Purpose, readonly ToolName[]>> = {
  realize: ['ip', 'bridge', 'sysctl', 'iptables', 'ip6tables', 'ipset', 'python3'],
  conform: ['ip', 'bridge', 'sysctl', 'iptables', 'ip6tables', 'ipset', 'nft', 'conntrack', 'tcpdump'],
};

/** Everything that is missing on this machine; empty when it can be done. */
export function missingFor(purpose: Purpose): Missing[] {
  const missing: Missing[] = [];
  if (process.platform !== 'linux') return [`Linux (this is ${process.platform})`];
  if (process.getuid?.() !== 0) missing.push('root (run it with sudo)');
  for (const name of NEEDED[purpose]) {
    const tool = TOOLS[name];
    if (!isThere(tool)) missing.push(`${tool.command} (Debian package ${tool.debian})`);
  }
  if (!existsSync('/proc/self/ns/net')) missing.push('network namespaces in the kernel');
  return missing;
}

/** Whether a tool that is wanted but not needed is there. */
export function hasTool(name: ToolName): boolean {
  return isThere(TOOLS[name]);
}

/** Whether the kernel has a part, once its module was asked for. */
export function hasPart({ module, file }: KernelPart): boolean {
  if (!existsSync(file)) spawnSync('modprobe', ['-q', module], { stdio: 'ignore' });
  return existsSync(file);
}

function isThere({ command }: Tool): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, command)));
}
