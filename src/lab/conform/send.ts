import { formatIp } from '../../addr/index.ts';
import type { TraceRequest } from '../../trace/index.ts';
import type { AgentProbe } from '../agent/agent.ts';

/** A flow as the agent of its namespace sends it. `wait`: milliseconds until nothing is called silence. */
export function agentProbeOf(request: TraceRequest, wait: number): AgentProbe {
  const { source, destination, sport, ttl, size, df } = request;
  return {
    do: destination.protocol === 'icmp' ? 'ping' : destination.protocol === 'udp' ? 'udp' : 'tcp',
    host: formatIp(destination.ip),
    port: destination.port ?? 0,
    wait,
    ...(source.ip === undefined ? {} : { localAddress: formatIp(source.ip) }),
    ...(sport === undefined ? {} : { localPort: sport }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { size }),
    ...(df === undefined ? {} : { df }),
  };
}
