/**
 * Programs of Python for flows in a lab that stay open, as those of `dump --after` do: what the kernel has learnt of
 * them is looked at while they are.
 */

/** `PROTOCOL/PORT...`: takes connections and keeps them, answers datagrams from where they were sent to. */
export const HOLDING_SERVER = `
import os, socket, struct, sys, threading
def hold(server):
    kept = []
    while True:
        kept.append(server.accept())
def echo(server):
    while True:
        data, where, _, peer = server.recvmsg(9000, 64)
        server.sendmsg([data], [(a, b, bytes(4) + c[4:]) for a, b, c in where], 0, peer)
threads = []
for spec in sys.argv[1:]:
    protocol, port = spec.split("/")[:2]
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if protocol == "udp":
        server.setsockopt(socket.IPPROTO_IP, 8, 1)
    server.bind(("", int(port)))
    if protocol != "udp":
        server.listen(9)
    threads.append(threading.Thread(target=echo if protocol == "udp" else hold, args=(server,)))
if os.fork():
    os._exit(0)
os.setsid()
null = os.open("/dev/null", os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(null, fd)
for thread in threads:
    thread.start()
`;

/**
 * `PROTOCOL SPORT IP PORT SOURCE|-`: prints `open`, or the errno that the program saw, or `silence`; a connection is
 * kept for as long as the lab stands.
 */
export const HOLDING_CLIENT = `
import errno, os, socket, sys, time
protocol, sport, ip, port, source = sys.argv[1:6]
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
client.bind(("" if source == "-" else source, int(sport)))
client.settimeout(5 if protocol == "tcp" else 1)
result = "open"
try:
    client.connect((ip, int(port)))
    if protocol == "udp":
        client.send(b"q")
        client.recv(9000)
except socket.timeout:
    result = "silence"
except OSError as error:
    result = errno.errorcode[error.errno]
print(result, flush=True)
if result != "open" or os.fork():
    os._exit(0)
os.setsid()
null = os.open("/dev/null", os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(null, fd)
time.sleep(600)
`;
