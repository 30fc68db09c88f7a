"""Run one command and write what it cost to a file. Started by `measure`, in a process of its own.

A process inherits the peak memory of the one that started it (Linux counts the image before `exec`), so what
starts a measured command must be small: no imports beyond these, `python -I -S`. Below its own size, some
8 MB, `tree_peak_kb` says nothing; `own_peak_kb` has no such floor.

Usage: launch.py RESULT COMMAND ARGUMENT...
"""

import os
import sys
import threading
import time

SAMPLE_EVERY = 0.02  # seconds


def high_water_kb(pid: int) -> int | None:
    """The peak memory of the program that `pid` runs now, in kB (`VmHWM`); None once it has ended."""
    try:
        with open(f"/proc/{pid}/status", "rb") as status:
            for line in status:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return None


class Sampler(threading.Thread):
    """Keeps the last high-water mark of a process, read every `SAMPLE_EVERY` seconds, in kB (0: none)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak_kb = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(SAMPLE_EVERY):
            self.peak_kb = high_water_kb(self.pid) or self.peak_kb


def start(command: list[str]) -> int:
    """Start `command` with this process's stdin, stdout and stderr; return its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def main() -> None:
    result, command = sys.argv[1], sys.argv[2:]
    started = time.perf_counter()
    pid = start(command)
    sampler = Sampler(pid)
    sampler.start()
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    sampler.ended.set()
    with open(result, "w", encoding="ascii") as out:
        out.write(
            f'{{"exit_code": {os.waitstatus_to_exitcode(status)}, "seconds": {seconds:.6f}, '
            f'"user_seconds": {usage.ru_utime:.6f}, "system_seconds": {usage.ru_stime:.6f}, '
            f'"tree_peak_kb": {usage.ru_maxrss}, "own_peak_kb": {sampler.peak_kb}}}\n'
        )


if __name__ == "__main__":
    main()
