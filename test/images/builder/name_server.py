"""A name server on the loopback that knows a few names, for programs that look one up as they would anywhere."""

import socket
import struct
import threading

ADDRESS, PORT = '127.0.0.1', 53
A, AAAA, IN = 1, 28, 1
NO_SUCH_NAME = 3


def serve_names(names):
    """Answers in a thread that ends with the process. Names that are not among these do not exist."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((ADDRESS, PORT))

    def answer():
        while True:
            query, client = server.recvfrom(4096)
            server.sendto(reply(query, names), client)

    threading.Thread(target=answer, daemon=True).start()


def reply(query, names):
    """RFC 1035, section 4: the question again, and the address where there is one of the type asked for."""
    identity, flags = struct.unpack('>HH', query[:4])
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode('ascii', 'replace'))
        at += 1 + length
    question = query[12 : at + 5]
    kind = struct.unpack('>H', query[at + 1 : at + 3])[0]
    address = names.get('.'.join(labels).lower())
    found = address is not None and kind == A
    header = struct.pack(
        '>HHHHHH', identity, 0x8480 | (flags & 0x0100) | (0 if address else NO_SUCH_NAME), 1, int(found), 0, 0
    )
    if not found:
        return header + question
    # 0xc00c: the name of the question.
    return header + question + struct.pack('>HHHIH', 0xC00C, A, IN, 60, 4) + socket.inet_aton(address)
