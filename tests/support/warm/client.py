"""Stands for a `manage.py` that the warm process runs: started for each run, so it imports next to nothing."""

import os
import socket
import sys


def run(path: str, arguments: list[str]) -> None:
    """Hand this process's own streams, folder and environment over, then end as the fork ends."""
    job = [os.getcwdb(), *map(os.fsencode, arguments), b"", *(b"%b=%b" % pair for pair in os.environb.items())]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        message = b"\0".join(job)
        socket.send_fds(connection, [len(message).to_bytes(4, "big")], [0, 1, 2])
        connection.sendall(message)
        for number in range(3):
            os.close(number)  # or whoever reads our output would wait for us as well
        status = int.from_bytes(received(connection, 4), "big")
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


def received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            os._exit(70)  # the other side is gone
        data += more
    return data


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:])
