import { describe, expect, it } from 'vitest';
import { formatIp } from '../../../src/addr/index.ts';
import type { TraceProtocol } from '../../../src/trace/index.ts';
import {
  formatDestination,
  formatTargetError,
  parseDestination,
  parseSource,
  resolveDestination,
  resolveSource,
  type TargetResult,
} from '../../../src/trace/index.ts';
import { clusterOf, ONE_OF_EACH } from '../../fixtures/objects.ts';

const cluster = clusterOf(ONE_OF_EACH);

function said<T>(result: TargetResult<T>): T | string {
  return result.ok ? result.value : formatTargetError(result.error);
}

function source(text: string): string {
  const spec = parseSource(text, 'default');
  if (!spec.ok) return formatTargetError(spec.error);
  const found = resolveSource(spec.value, cluster);
  return found.ok
    ? `${found.value.netnsId} ${found.value.end.kind} ${found.value.end.ip}`
    : formatTargetError(found.error);
}

/** `IP:PORT/PROTOCOL`, several joined, or the error. */
function destination(text: string, from = 'pod/client', protocol?: TraceProtocol, via?: string): string {
  const spec = parseDestination(text, 'default');
  if (!spec.ok) return formatTargetError(spec.error);
  const who = parseSource(from, 'default');
  const sender = who.ok ? resolveSource(who.value, cluster) : who;
  if (!sender.ok) return formatTargetError(sender.error);
  const found = resolveDestination(spec.value, cluster, {
    source: sender.value,
    ...(protocol === undefined ? {} : { protocol }),
    ...(via === undefined ? {} : { via }),
  });
  if (!found.ok) return formatTargetError(found.error);
  return found.value
    .map((d) => `${formatIp(d.ip)}${d.port === undefined ? '' : `:${d.port}`}/${d.protocol}`)
    .join(' ');
}

describe('a workload as a source', () => {
  const workload = (kind: string, name: string, replicas: number): string => `---
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: shop }
spec:
  ${kind === 'DaemonSet' ? '' : `replicas: ${replicas}`}
  selector: { matchLabels: { app: ${name} } }
  template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: c, image: x }] } }
`;
  const shop = clusterOf(
    `${workload('Deployment', 'web', 2)}${workload('StatefulSet', 'db', 2)}${workload('Deployment', 'idle', 0)}${workload('DaemonSet', 'agent', 0)}`,
  );
  const sender = (text: string): string => {
    const spec = parseSource(text, 'shop');
    const found = spec.ok ? resolveSource(spec.value, shop) : spec;
    return found.ok ? found.value.netnsId : formatTargetError(found.error);
  };

  it.each([
    ['deploy/web', /^pod\/shop\/web-[^-]+-.{5}$/],
    ['deployment/shop/web', /^pod\/shop\/web-[^-]+-.{5}$/],
    ['sts/db', /^pod\/shop\/db-0$/],
    ['ds/agent', /^pod\/shop\/agent-.{5}$/],
    ['deploy/idle', /^Deployment shop\/idle has no pod that runs; it makes none: look at its replicas$/],
    ['deploy/wbe', /^Deployment "wbe" not found in namespace "shop" \(did you mean "web"\?\)$/],
    ['sts/default/db', /write sts\/shop\/db$/],
  ])('%s is one of its pods, or says why not', (text, expected) => {
    expect(sender(text)).toMatch(expected);
  });
});

describe('sources', () => {
  it.each([
    ['pod/client', 'pod/default/client pod 10.244.1.2'],
    ['po/client', 'pod/default/client pod 10.244.1.2'],
    ['pod/kube-system/dns', 'pod/kube-system/dns pod 10.244.2.3'],
    ['kube-system/dns', 'pod/kube-system/dns pod 10.244.2.3'],
    ['pod/agent', 'node/node1 pod 192.168.56.11'],
    ['node/node2', 'node/node2 node 192.168.56.12'],
    ['external', 'host/client external 192.168.56.100'],
    ['external/192.168.56.100', 'host/client external 192.168.56.100'],
    ['external/198.51.100.9', 'host/198.51.100.9 external 198.51.100.9'],
  ])('%s is %s', (text, expected) => {
    expect(source(text)).toBe(expected);
  });

  it.each([
    ['', /invalid source ""; a source is pod\/NAME/],
    ['client', /says not what it is; write pod\/client or node\/client/],
    ['pod/', /invalid source/],
    ['pod/a/b/c', /invalid source/],
    ['node/a/b', /invalid source/],
    ['pods/x/y/z', /invalid source/],
    ['constructor/x', /pod "x" not found in namespace "constructor"/],
    ['a/b/c', /unknown kind "a"/],
    ['pof/x/y', /unknown kind "pof" in source "pof\/x\/y" \(did you mean "pod"\?\)/],
    ['svc/web', /a Service sends nothing/],
    ['external/300.1.1.1', /invalid IP address in source "external\/300.1.1.1"; write external\/192.0.2.1/],
    ['external/2001:db8::1', /IPv6 walking is not modelled yet/],
    [
      'external/10.244.1.2',
      /inside the cluster: it is the address of pod\/default\/client; write pod\/default\/client/,
    ],
    ['external/192.168.56.11', /the address of node\/node1/],
    ['pod/clinet', /pod "clinet" not found in namespace "default" \(did you mean "client"\?\)/],
    ['pod/dns', /namespace "kube-system" has one: write pod\/kube-system\/dns/],
    ['kube-sytem/dns2', /did you mean "pod\/kube-system\/dns2"/],
    ['pod/zzzzzzzz', /pods of the namespace: client, web-0, agent, done/],
    ['node/node3', /node "node3" not found \(did you mean "node1"\?\)/],
    ['node/zzzzzzzz', /nodes: node1, node2/],
    ['pod/done', /pod default\/done has finished \(Succeeded\)/],
  ])('%s is refused', (text, message) => {
    expect(source(text)).toMatch(message);
  });
});

describe('destinations', () => {
  it.each([
    ['svc/web', '10.96.0.10:80/tcp'],
    ['svc/web:80', '10.96.0.10:80/tcp'],
    ['service/default/web:80', '10.96.0.10:80/tcp'],
    ['svc/many:metrics', '10.96.0.11:9090/tcp'],
    ['svc/kube-system/dns', '10.96.0.53:53/udp'],
    ['svc/kube-system/dns:53', '10.96.0.53:53/udp'],
    ['svc/kube-system/dns:dns', '10.96.0.53:53/udp'],
    ['svc/balanced', '10.96.0.13:80/tcp'],
    ['svc/headless:80', '10.244.2.2:80/tcp'],
    ['svc/headless:http', '10.244.2.2:8080/tcp'],
    ['pod/web-0:8080', '10.244.2.2:8080/tcp'],
    ['pod/web-0:7', '10.244.2.2:7/tcp'],
    ['pod/web-0:metrics', '10.244.2.2:9090/tcp'],
    ['pod/kube-system/dns', '10.244.2.3:53/udp'],
    ['pod/kube-system/dns:53', '10.244.2.3:53/udp'],
    ['pod/agent:9100', '192.168.56.11:9100/tcp'],
    ['node/node2:30080', '192.168.56.12:30080/tcp'],
    ['node/node2', '192.168.56.12/icmp'],
    ['10.96.0.10:80', '10.96.0.10:80/tcp'],
    ['10.244.2.2', '10.244.2.2/icmp'],
    ['http://10.96.0.10', '10.96.0.10:80/tcp'],
    ['https://10.96.0.10/path', '10.96.0.10:443/tcp'],
    ['http://10.96.0.10:8080/x?y', '10.96.0.10:8080/tcp'],
  ])('%s is %s', (text, expected) => {
    expect(destination(text)).toBe(expected);
  });

  it.each([
    ['svc/web', 'icmp', '10.96.0.10/icmp'],
    ['10.96.0.10:80', 'udp', '10.96.0.10:80/udp'],
    ['pod/web-0:8080', 'sctp', '10.244.2.2:8080/sctp'],
  ] as const)('%s with -p %s is %s', (text, protocol, expected) => {
    expect(destination(text, 'pod/client', protocol)).toBe(expected);
  });

  it('reaches a Service from outside by its load balancer, else by a nodePort of the chosen node', () => {
    expect(destination('svc/balanced', 'external')).toBe('203.0.113.10:80/tcp');
    expect(destination('svc/exposed', 'external')).toBe('192.168.56.11:30080/tcp');
    expect(destination('svc/exposed', 'external', undefined, 'node2')).toBe('192.168.56.12:30080/tcp');
    expect(destination('svc/web', 'external')).toMatch(
      /service default\/web \(type ClusterIP\) has no address outside the cluster; make it a NodePort/,
    );
  });

  it('notes that a headless Service translates no port', () => {
    const spec = parseDestination('svc/headless:80', 'default');
    const who = resolveSource({ kind: 'node', name: 'node1' }, cluster);
    if (!spec.ok || !who.ok) throw new Error('unreachable');
    const found = said(resolveDestination(spec.value, cluster, { source: who.value }));
    expect(found).toMatchObject([
      { note: expect.stringMatching(/no port is translated.*targetPort is 8080/) },
    ]);
  });

  it.each([
    ['', /invalid destination/],
    ['web:80', /names are not looked up here: "web"; write the address, or svc\/NAME or pod\/NAME/],
    ['web..prod:80', /invalid host name "web\.\.prod"/],
    ['-web:80', /invalid host name "-web"/],
    ['web:http', /invalid port "http" in "web:http"/],
    ['ftp2://10.0.0.1/', /names no port/],
    ['http://', /invalid URL/],
    ['10.0.0.256:80', /invalid IP address "10.0.0.256"/],
    ['10.0.0.01', /invalid IP address/],
    ['10.0.0.1:0', /invalid port "0"/],
    ['10.0.0.1:65536', /invalid port "65536" in "10.0.0.1:65536"; a port is a number from 1 to 65535/],
    ['10.0.0.1:http', /invalid port "http"/],
    ['fd00::1', /IPv6 walking is not modelled yet/],
    ['[fd00::1]:80', /IPv6 walking is not modelled yet/],
    ['[10.0.0.1]:80', /invalid destination.*write \[2001:db8::1\]:80/],
    ['0.0.0.0:80', /0.0.0.0 is not a destination/],
    ['224.0.0.1:80', /multicast and broadcast are not modelled/],
    ['default/web:80', /unknown kind "default".*write svc\/default\/web:80 or pod\/default\/web:80/],
    ['svv/web:80', /unknown kind "svv" in destination "svv\/web:80" \(did you mean "svc"\?\)/],
    ['svc/a/b/c', /invalid destination/],
    ['node/node1:http', /invalid port "http"/],
    ['svc/wbe:80', /service "wbe" not found in namespace "default" \(did you mean "web"\?\)/],
    ['svc/dns', /namespace "kube-system" has one: write svc\/kube-system\/dns/],
    ['svc/web:81', /service default\/web has no port 81; its ports: 80\/TCP/],
    ['svc/many', /which port of service default\/many\?; its ports: 80\/TCP \(http\), 9090\/TCP \(metrics\)/],
    ['svc/many:htpp', /no port named "htpp" \(did you mean "http"\?\)/],
    ['svc/elsewhere', /of type ExternalName \(db.example.com\)/],
    ['svc/empty', /headless service default\/empty has no ready endpoints/],
    [
      'pod/web-0',
      /which port of pod default\/web-0\?; write pod\/default\/web-0:PORT with one of its ports: 8080\/TCP \(http\)/,
    ],
    ['pod/web-0:https', /has no port named "https"/],
    ['pod/client', /it declares no ports: write pod\/default\/client:PORT, or -p icmp to ping it/],
    ['pod/done:80', /has finished/],
  ])('%s is refused', (text, message) => {
    expect(destination(text)).toMatch(message);
  });

  it.each([
    ['svc/web', 'udp', /service default\/web has no UDP port; its ports: 80\/TCP/],
    ['svc/kube-system/dns:53', 'tcp', /has no TCP port 53; its ports: 53\/UDP/],
    ['svc/web:80', 'icmp', /ICMP has no ports.*write svc\/default\/web$/],
    ['10.0.0.1', 'tcp', /names no TCP port; write 10.0.0.1:PORT/],
    ['node/node1', 'udp', /names no UDP port; write node\/node1:PORT/],
  ] as const)('%s with -p %s is refused', (text, protocol, message) => {
    expect(destination(text, 'pod/client', protocol)).toMatch(message);
  });

  it.each(['svc/a/web:80', 'pod/a/b', 'node/n:1', '10.0.0.1:80', '10.0.0.1', '[fd00::1]:80', 'fd00::1'])(
    '%s is written as it was read',
    (text) => {
      const spec = parseDestination(text, 'a');
      expect(spec.ok && formatDestination(spec.value)).toBe(text);
    },
  );
});
