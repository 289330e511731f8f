import { formatHostPort } from '../addr/index.ts';
import {
  type Operation,
  type RealServer,
  type RealServerSpec,
  type VirtualServer,
  type VirtualServerName,
  type VirtualServerSpec,
  virtualServerKey,
  virtualServersOf,
} from '../kernel/index.ts';
import { type Difference, type Sides, USER } from './difference.ts';

/** Above this virtual servers are compared as a whole. */
const MOST_SERVICES = 32;

/** Virtual and real servers of IPVS that are missing, others, or too many. */
export function ipvsDifferences(sides: Sides): Difference[] {
  const { is, should } = sides;
  const now = virtualServersOf(is);
  const then = virtualServersOf(should);
  const found: Difference[] = [];
  for (const [key, service] of then) {
    const other = now.get(key);
    if (other === undefined) found.push(serviceMissing(sides, service));
    else if (other !== service) found.push(...serviceDifferences(sides, other, service));
  }
  for (const service of now.values()) {
    if (then.has(virtualServerKey(service))) continue;
    found.push({
      place: is.label,
      what: `${serviceText(service)} was added by hand`,
      operations: [{ op: 'ipvs-service-delete', netns: is.id, service: nameOf(service) }],
    });
  }
  return found.length > MOST_SERVICES ? [together(sides, found)] : found;
}

/** Too much is wrong to look at each virtual server alone: somebody cleared the table. */
function together({ is }: Sides, parts: readonly Difference[]): Difference {
  const [origin] = parts.flatMap((part) => part.origin ?? []);
  return {
    place: is.label,
    what: `${parts.length} virtual servers are not as they were written`,
    ...(origin === undefined ? {} : { origin }),
    operations: parts.flatMap((part) => part.operations),
    parts,
  };
}

function nameOf({ protocol, ip, port }: VirtualServerName): VirtualServerName {
  return { protocol, ip, port };
}

function specOf(service: VirtualServer): VirtualServerSpec {
  const { scheduler, flags, persistent } = service;
  return { ...nameOf(service), scheduler, flags, ...(persistent === undefined ? {} : { persistent }) };
}

function serverSpec({ ip, port, forward, weight }: RealServer): RealServerSpec {
  return { ip, port, forward, weight };
}

/** `virtual server tcp 10.96.0.10:80`, as walks name it. */
function serviceText({ protocol, ip, port }: VirtualServerName): string {
  return `virtual server ${protocol} ${formatHostPort(ip, port)}`;
}

function serverText({ ip, port }: Pick<RealServer, 'ip' | 'port'>): string {
  return `real server ${formatHostPort(ip, port)}`;
}

function addServer(netns: string, service: VirtualServer, server: RealServer): Operation {
  return {
    op: 'ipvs-server-add',
    netns,
    service: nameOf(service),
    server: serverSpec(server),
    origin: USER,
  };
}

function deleteServer(netns: string, service: VirtualServer, { ip, port }: RealServer): Operation {
  return { op: 'ipvs-server-delete', netns, service: nameOf(service), server: { ip, port } };
}

function serviceMissing({ is }: Sides, service: VirtualServer): Difference {
  return {
    place: is.label,
    what: `${serviceText(service)} is missing`,
    origin: service.origin,
    operations: [
      { op: 'ipvs-service-add', netns: is.id, service: specOf(service), origin: USER },
      ...service.realServers.map((server) => addServer(is.id, service, server)),
    ],
  };
}

function serviceDifferences({ is }: Sides, now: VirtualServer, should: VirtualServer): Difference[] {
  const found: Difference[] = [];
  const name = serviceText(should);
  const [a, b] = [schedulingText(now), schedulingText(should)];
  if (a !== b)
    found.push({
      place: is.label,
      what: `${name} has ${a}, not ${b.replace(/^scheduler /, '')}`,
      origin: should.origin,
      operations: [{ op: 'ipvs-service-edit', netns: is.id, service: specOf(should), origin: USER }],
    });
  const same = (one: RealServer, other: RealServer): boolean =>
    one.ip === other.ip && one.port === other.port;
  const missing = should.realServers.filter((s) => !now.realServers.some((other) => same(s, other)));
  const extra = now.realServers.filter((s) => !should.realServers.some((other) => same(s, other)));
  const [lost, put] = [missing[0], extra[0]];
  if (missing.length === 1 && extra.length === 1 && lost !== undefined && put !== undefined) {
    found.push({
      place: is.label,
      what: `${serverText(put)} of ${name} is there instead of ${formatHostPort(lost.ip, lost.port)}`,
      origin: lost.origin,
      operations: [addServer(is.id, should, lost), deleteServer(is.id, should, put)],
    });
  } else {
    for (const server of missing)
      found.push({
        place: is.label,
        what: `${serverText(server)} of ${name} is missing`,
        origin: server.origin,
        operations: [addServer(is.id, should, server)],
      });
    for (const server of extra)
      found.push({
        place: is.label,
        what: `${serverText(server)} of ${name} was added by hand`,
        operations: [deleteServer(is.id, should, server)],
      });
  }
  for (const server of should.realServers) {
    const other = now.realServers.find((one) => same(server, one));
    if (other === undefined || (other.weight === server.weight && other.forward === server.forward)) continue;
    const [is_, not] =
      other.weight === server.weight
        ? [`is forwarded by ${other.forward}`, server.forward]
        : [`has weight ${other.weight}`, `${server.weight}`];
    found.push({
      place: is.label,
      what: `${serverText(server)} of ${name} ${is_}, not ${not}`,
      origin: server.origin,
      operations: [
        {
          op: 'ipvs-server-edit',
          netns: is.id,
          service: nameOf(should),
          server: serverSpec(server),
          origin: USER,
        },
      ],
    });
  }
  return found;
}

/** `scheduler rr`, `scheduler mh with flag port, persistent 300 s`. */
function schedulingText({ scheduler, flags, persistent }: VirtualServer): string {
  const on = [...(flags.fallback ? ['fallback'] : []), ...(flags.port ? ['port'] : [])];
  const words = on.length === 0 ? '' : ` with flag ${on.join(' and ')}`;
  return `scheduler ${scheduler}${words}${persistent === undefined ? '' : `, persistent ${persistent} s`}`;
}
