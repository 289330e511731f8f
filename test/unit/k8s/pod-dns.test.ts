import { describe, expect, it } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import { codes, diagnose, loadFine } from './fixtures.ts';

function podWith(spec: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers: [{ name: a }]\n  ${spec.replaceAll('\n', '\n  ')}\n`;
}

describe('what a pod says of names', () => {
  it('is read: dnsConfig, hostAliases, enableServiceLinks', () => {
    const [pod] = loadFine(
      podWith(
        'dnsPolicy: None\nenableServiceLinks: false\nhostAliases: [{ ip: 10.1.2.3, hostnames: [foo.local] }]\ndnsConfig: { nameservers: [1.1.1.1], searches: [example.com.], options: [{ name: ndots, value: "2" }, { name: edns0 }] }',
      ),
    ).pods;
    expect(pod?.dnsConfig).toEqual({
      nameservers: [ip('1.1.1.1')],
      searches: ['example.com.'],
      options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
    });
    expect(pod?.hostAliases).toEqual([{ ip: ip('10.1.2.3'), hostnames: ['foo.local'] }]);
    expect(pod?.enableServiceLinks).toBe(false);
  });

  it('survives the way through the template of a workload', () => {
    const text =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec:\n  selector: { matchLabels: { app: a } }\n  template:\n    metadata: { labels: { app: a } }\n    spec: { containers: [{ name: a }], dnsConfig: { options: [{ name: ndots, value: "1" }] } }\n';
    const [workload] = loadFine(text).workloads;
    expect(workload?.template?.spec.dnsConfig?.options).toEqual([{ name: 'ndots', value: '1' }]);
  });

  it.each([
    ['dnsPolicy: None', 'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    [
      'dnsPolicy: None\ndnsConfig: { searches: [a] }',
      'spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
    ],
    [
      'dnsConfig: { nameservers: [1.1.1.1, 2.2.2.2, 3.3.3.3, 4.4.4.4] }',
      'spec.dnsConfig.nameservers: Invalid value: [...]: must not have more than 3 nameservers',
    ],
    [
      `dnsConfig: { searches: [${Array.from({ length: 33 }, (_, i) => `s${i}`).join(', ')}] }`,
      'spec.dnsConfig.searches: Invalid value: [...]: must not have more than 32 search paths',
    ],
    [
      'dnsConfig: { options: [{ value: "2" }] }',
      'spec.dnsConfig.options[0]: Required value: must not be empty',
    ],
  ])('is checked as the API server does: %s', (spec, message) => {
    expect(diagnose(podWith(spec)).map((d) => d.message.replace(/\["[^\]]*\]/, '[...]'))).toContain(message);
  });

  it.each([
    ['dnsConfig: { nameservers: [nonsense] }', 'error PW202'],
    ['dnsConfig: { searches: [Upper.Case] }', 'error PW202'],
    ['hostAliases: [{ ip: 1.2.3, hostnames: [a] }]', 'error PW202'],
    ['hostAliases: [{ ip: 1.2.3.4, hostnames: [a_b] }]', 'error PW202'],
    ['hostAliases: [{ hostnames: [a] }]', 'error PW202'],
    ['dnsConfig: { serches: [a] }', 'warning PW210'],
  ])('is refused or warned of: %s', (spec, code) => {
    expect(codes(podWith(spec))).toContain(code);
  });
});
