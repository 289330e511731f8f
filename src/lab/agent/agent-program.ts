import { agent } from './agent.ts';
import { listen } from './listen.ts';

/** The agent as a program for `node -e`. */
export function agentProgram(): string {
  const modules = ['net', 'dgram', 'fs', 'readline'].map((name) => `${name}: require("node:${name}")`);
  return [
    `const listen = ${listen.toString()};`,
    `const agent = ${agent.toString()};`,
    `agent({ ${modules.join(', ')}, child: require("node:child_process") }, listen);`,
  ].join('\n');
}
