"""Fuzz the parsers of files that a stranger could have sent.

    python fuzz/run.py --minutes 1              every parser, a minute each
    python fuzz/run.py --minutes 10 faceset     one of them
    python fuzz/run.py --replay faceset FILE    what one file does

Minutes are of the processor, so that a busy machine shortens nothing. Each parser runs in a process of its
own, from the seeds in `fuzz/seeds/PARSER`. A crash is whatever leaves a target's `check` as an exception, ten
seconds of the processor for one input, or a gigabyte of memory; its input is kept in `--crashes` and the exit
code is 1. What was done is printed, and written as JSON where `--results` says so. Needs the extra `fuzz`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_TIMEOUT_S, _MEMORY_MB = 10.0, 1024
_INTERRUPTED = 72  # what libFuzzer exits with when it is asked to end
_NEVER = 10**6  # seconds: libFuzzer counts those in which others had the processor, too
_DONE = re.compile(r"Done (\d+) runs in (\d+) second")
_LINE = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+)", re.MULTILINE)


def main() -> int:
    """Do what the arguments say; returns the exit code."""
    sys.path.insert(0, str(_HERE))
    from targets import TARGETS, check_of

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parsers", nargs="*", metavar="PARSER", help=f"of {', '.join(TARGETS)}; else all")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each parser (1)")
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"), help="folder for what fails")
    parser.add_argument("--results", type=Path, help="JSON file that the figures are added to")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="check one file with the parser named")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    if "--worker" in sys.argv:
        return _fuzz(sys.argv[1], float(sys.argv[3]), Path(sys.argv[4]), sys.argv[5:])
    asked = parser.parse_args()
    if unknown := [name for name in asked.parsers if name not in TARGETS]:
        parser.error(f"there is no parser {unknown[0]}: {', '.join(TARGETS)}")
    if asked.replay is not None:
        if len(asked.parsers) != 1:
            parser.error("name the parser")
        check_of(asked.parsers[0])(asked.replay.read_bytes())
        return 0
    results = [_run(name, asked.minutes, asked.crashes) for name in asked.parsers or TARGETS]
    if asked.results is not None:
        _add(asked.results, results)
    return int(any(result["crash"] for result in results))


def _fuzz(name: str, seconds: float, current: Path, arguments: list[str]) -> int:
    """Run libFuzzer on one target; it ends the process itself.

    Args:
        name: of the target.
        seconds: of the processor.
        current: where each input is written before it is tried, for those that nothing else can stop.
        arguments: of libFuzzer.
    """
    import atheris

    with atheris.instrument_imports(include=["understudy", "targets"], enable_loader_override=False):
        from targets import check_of

        check = check_of(name)

    def timed(data: bytes) -> None:
        begun = time.process_time()
        if begun > seconds:
            os.kill(os.getpid(), signal.SIGTERM)  # libFuzzer then tells its figures and ends well
        current.write_bytes(data)
        # native code that never returns is stopped by the system
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(begun + _TIMEOUT_S) + 2, hard))
        check(data)
        if (took := time.process_time() - begun) > _TIMEOUT_S:
            raise TimeoutError(f"it took {took:.1f} s")

    atheris.Setup([name, *arguments], timed)
    atheris.Fuzz()
    return 0


def _run(name: str, minutes: float, crashes: Path) -> dict[str, object]:
    """Fuzz one parser for some minutes; what came of it."""
    crashes.mkdir(parents=True, exist_ok=True)
    begun, before, executions = time.monotonic(), _processor_s(), 0
    with tempfile.TemporaryDirectory(prefix="understudy-corpus-") as corpus:
        current = Path(corpus) / "current"
        (Path(corpus) / "new").mkdir()
        while True:
            left_s = minutes * 60 - (_processor_s() - before)
            ran = _worked(name, left_s, current, crashes)
            said = ran.stderr + ran.stdout
            lines = _LINE.findall(said)
            executed = re.search(r"stat::number_of_executed_units: (\d+)", said)
            executions += int(executed[1]) if executed else int(lines[-1][0]) if lines else 0
            is_stuck = ran.returncode == -signal.SIGXCPU
            kept = _found_in(said)
            is_full = kept is not None and "out-of-memory" in said
            if is_stuck and _takes(name, current)[0] > _TIMEOUT_S:
                shutil.move(current, crashes / f"{name}-stuck")
            elif is_stuck and minutes * 60 - (_processor_s() - before) > 1:
                continue  # a machine that stood still takes that for the processor's time
            elif is_full and kept is not None and _takes(name, kept)[1] < _MEMORY_MB:
                kept.unlink()  # not this one's: libraries lose a little in each of a million runs
                if minutes * 60 - (_processor_s() - before) > 1:
                    continue
                ran.returncode = 0
            break
    peak = re.search(r"stat::peak_rss_mb: +(\d+)", said)
    result: dict[str, object] = {
        "parser": name,
        "seconds": round(time.monotonic() - begun),
        "processor_seconds": round(_processor_s() - before),
        "executions": executions,
        "edges": int(lines[-1][1]) if lines else 0,
        "features": int(lines[-1][2]) if lines else 0,
        "peak_rss_mb": int(peak[1]) if peak else None,
        "crash": None,
    }
    if ran.returncode not in (0, _INTERRUPTED) and not (
        is_stuck and not (crashes / f"{name}-stuck").exists()
    ):
        log = crashes / f"{name}.log"
        log.write_text(said)
        result["crash"] = str(_found_in(said) or log)
    print(json.dumps(result), flush=True)
    return result


def _worked(name: str, seconds: float, current: Path, crashes: Path) -> subprocess.CompletedProcess[str]:
    """Fuzz in a process of its own, from the seeds and what was found before."""
    command = [sys.executable, __file__, name, "--worker", str(seconds), str(current)]
    command += [f"{current.parent}/new", str(_HERE / "seeds" / name), f"-timeout={_NEVER}"]
    command += [f"-rss_limit_mb={_MEMORY_MB}", f"-artifact_prefix={crashes}/{name}-", "-print_final_stats=1"]
    command += ["-max_len=262144", "-use_value_profile=0"]
    settings = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, env=settings
    )


def _found_in(said: str) -> Path | None:
    """The input that libFuzzer has kept."""
    found = re.search(r"Test unit written to (\S+)", said)
    return Path(found[1]) if found else None


def _takes(name: str, file: Path) -> tuple[float, float]:
    """Seconds of the processor, and most megabytes, of an input that is tried alone."""
    alone = subprocess.Popen(
        [sys.executable, __file__, name, "--replay", str(file)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20 * int(_TIMEOUT_S),) * 2),
    )
    _, _, used = os.wait4(alone.pid, 0)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _add(path: Path, results: list[dict[str, object]]) -> None:
    known = json.loads(path.read_text()) if path.exists() else {}
    known |= {str(result["parser"]): result for result in results}
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
