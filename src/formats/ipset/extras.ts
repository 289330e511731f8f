import type { IpSetEntry, IpSetOptions, SkbInfo } from '../../kernel/index.ts';

type Extras = Pick<IpSetEntry, 'nomatch' | 'timeout' | 'comment' | 'counted' | 'skbinfo'>;

/** What an element has beside its address, as `ipset save` prints it: each word with a blank before it. */
export function formatExtras(entry: Extras, options: IpSetOptions): string {
  const { nomatch, timeout, comment, counted, skbinfo } = entry;
  const { packets, bytes } = counted ?? { packets: 0, bytes: 0 };
  return (
    (options.timeout === undefined ? '' : ` timeout ${timeout ?? options.timeout}`) +
    (nomatch ? ' nomatch' : '') +
    (options.counters ? ` packets ${packets} bytes ${bytes}` : '') +
    (comment === undefined || comment === '' ? '' : ` comment "${comment}"`) +
    (skbinfo === undefined ? '' : formatSkbInfo(skbinfo))
  );
}

function formatSkbInfo({ mark, priority, queue }: SkbInfo): string {
  const hex = (value: number): string => value.toString(16);
  const mask = mark === undefined || mark.mask === 0xffffffff ? '' : `/0x${hex(mark.mask)}`;
  return (
    (mark === undefined ? '' : ` skbmark 0x${hex(mark.value)}${mask}`) +
    (priority === undefined ? '' : ` skbprio ${hex(priority.major)}:${hex(priority.minor)}`) +
    (queue === undefined ? '' : ` skbqueue ${queue}`)
  );
}

const EXTRAS =
  /^(?: timeout (\d+))?( nomatch)?(?: packets (\d+) bytes (\d+))?(?: comment "([^"]*)")?(?: skbmark 0x([0-9a-f]+)(?:\/0x([0-9a-f]+))?)?(?: skbprio ([0-9a-f]+):([0-9a-f]+))?(?: skbqueue (\d+))?$/;

/** Reads what follows an element; undefined when it does not fit. */
export function parseExtras(text: string): Extras | undefined {
  const match = EXTRAS.exec(text);
  if (match === null) return undefined;
  const [, timeout, nomatch, packets, bytes, comment, mark, mask, major, minor, queue] = match;
  const skbinfo: SkbInfo = {
    ...(mark !== undefined && {
      mark: {
        value: Number.parseInt(mark, 16),
        mask: mask === undefined ? 0xffffffff : Number.parseInt(mask, 16),
      },
    }),
    ...(major !== undefined &&
      minor !== undefined && {
        priority: { major: Number.parseInt(major, 16), minor: Number.parseInt(minor, 16) },
      }),
    ...(queue !== undefined && { queue: Number(queue) }),
  };
  const counted = { packets: Number(packets ?? 0), bytes: Number(bytes ?? 0) };
  return {
    nomatch: nomatch !== undefined,
    ...(timeout !== undefined && { timeout: Number(timeout) }),
    ...(comment !== undefined && { comment }),
    ...((counted.packets > 0 || counted.bytes > 0) && { counted }),
    ...(Object.keys(skbinfo).length > 0 && { skbinfo }),
  };
}
