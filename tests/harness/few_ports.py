"""Servers whose clients have used up the ports, each told to stop: prints the models of those that
did. Usage: few_ports.py PROGRAM MODEL..., in a network and user namespace of its own (unshare -rn)
"""
import fcntl
import socket
import struct
import subprocess
import sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
ABORTIVE = struct.pack("ii", 1, 0)  # no TIME_WAIT, which would hold the ports
STOP_S = 10


def main():
    program, *models = sys.argv[1:]
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as file:
        file.write("40000 40009")
    for model in models:
        server = subprocess.Popen([program, "serve", "--model", model, "--control"], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        server.stdout.readline()
        clients = []
        try:
            while True:
                clients.append(socket.create_connection(("127.0.0.1", 7777)))
                clients[-1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE)
        except OSError as error:
            why = error
        try:
            server.communicate("stop\n", timeout=STOP_S)
            print(model)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()
            print("%s does not stop after %d clients (%s)" % (model, len(clients), why))
        for client in clients:
            client.close()


main()
