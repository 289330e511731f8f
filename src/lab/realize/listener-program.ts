/**
 * The listener that the script starts in each namespace, as lines of Python: `python3 -c PROGRAM SOCKET...`, each
 * SOCKET `PROTOCOL/PORT/WHO`. It answers with `WHO|PEER-ADDRESS|PEER-PORT`: over UDP whatever it is sent, over TCP and
 * SCTP whoever connects, and as a web server to those who ask like a browser. It goes to the background once every
 * socket is open, so that whoever started it knows that they are.
 *
 * Python, since a plain Debian or Ubuntu has it, and since it can open SCTP sockets and tell at which address a
 * datagram arrived: the answer must leave from there, not from the address that the route prefers.
 */
export const LISTENER_PROGRAM: readonly string[] = `\
import os, socket, sys, threading

IP_PKTINFO = 8
PACKET_INFO = {
    socket.AF_INET: (socket.IPPROTO_IP, IP_PKTINFO),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO),
}

def open_socket(family, protocol, port):
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    opened = socket.socket(family, kind, socket.IPPROTO_SCTP if protocol == "sctp" else 0)
    if family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if protocol == "udp":
        opened.setsockopt(*PACKET_INFO[family], 1)
    else:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("", port))
    if protocol != "udp":
        opened.listen(128)
    return opened

def tell(who, peer):
    return f"{who}|{peer[0]}|{peer[1]}\\n".encode()

def answer(client, who, peer):
    with client:
        client.settimeout(0.2)  # whoever says nothing by then does not speak HTTP
        try:
            asked = client.recv(4096)
        except OSError:
            asked = b""
        text = tell(who, peer)
        if b" HTTP/1." in asked:
            text = b"HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(text) + text
        try:
            client.sendall(text)
        except OSError:
            pass

def serve_streams(server, who):
    while True:
        client, peer = server.accept()
        threading.Thread(target=answer, args=(client, who, peer), daemon=True).start()

def serve_datagrams(server, who):
    while True:
        _, where, _, peer = server.recvmsg(4096, 64)
        where = [(level, kind, data if server.family == socket.AF_INET6 else bytes(4) + data[4:]) for level, kind, data in where]
        try:
            server.sendmsg([tell(who, peer)], where, 0, peer)
        except OSError:
            pass

servers = []
for spec in sys.argv[1:]:
    protocol, port, who = spec.split("/", 2)
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            servers.append((serve_datagrams if protocol == "udp" else serve_streams, open_socket(family, protocol, int(port)), who))
        except OSError as error:
            # A kernel without IPv6 or SCTP serves what it has.
            if family == socket.AF_INET and protocol != "sctp":
                sys.exit(f"{who} cannot listen on {protocol}/{port}: {error.strerror}")
if os.fork():
    os._exit(0)
os.setsid()
os.dup2(0, 2)  # whoever waits for the end of the messages need not wait for this process
for serve, server, who in servers:
    threading.Thread(target=serve, args=(server, who)).start()
`
  .trimEnd()
  .split('\n');
