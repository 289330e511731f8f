/**
 * # pcapng: a walk as a capture file
 *
 * The part of render that writes what Wireshark, tshark and tcpdump read; by itself, since few walks need it. See
 * render.
 */
export { type PcapngOptions, renderPcapng } from './pcapng.ts';
