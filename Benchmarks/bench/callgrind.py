"""What one request of a gateway under callgrind costs: user instructions, allocations, reference counts, locks."""
import collections, re, shutil, subprocess, sys, time

from bench.programs import Child, eventually, find

WARM_UP, COUNTED = 200, 1_000
# What is counted, by the names of functions. Allocations within OpenSSL and nghttp2 end in the same ones.
CALLS = {
    "allocations": {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"},
    "references": {"swift_retain", "swift_release", "swift_retain_n", "swift_release_n", "swift_bridgeObjectRetain",
                   "swift_bridgeObjectRelease", "swift_beginAccess", "swift_unknownObjectRetain"},
    "locks": {"pthread_mutex_lock", "pthread_mutex_trylock", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock",
              "pthread_spin_lock"},
}


def dump(pid, folder, number):
    """Lets callgrind write what it has counted, and count from zero on. -> the file"""
    subprocess.run(["callgrind_control", "-d", str(pid)], check=True, capture_output=True, timeout=30)
    path = folder / f"counts.{number}"
    deadline = time.monotonic() + 30
    # The line `totals:` is the last that is written.
    while not (path.exists() and re.search(r"^totals: ", path.read_text(), re.M)):
        if time.monotonic() > deadline:
            sys.exit("instructions: callgrind wrote no counts")
        time.sleep(0.05)
    return path.read_text()


def parse(text):
    """-> instructions by function, calls by (caller, callee)."""
    names, calls, own = {}, collections.Counter(), collections.Counter()
    caller = callee = None
    is_callee_cost = False
    for line in text.splitlines():
        if match := re.match(r"(c?fn)=\((\d+)\)(?: (.*))?$", line):
            kind, index, name = match.groups()
            if name:
                names[index] = re.sub(r"@.*|'\d+$", "", name)
            if kind == "fn":
                caller = names[index]
            else:
                callee = names[index]
        elif match := re.match(r"calls=(\d+)", line):
            calls[caller, callee] += int(match[1])
            is_callee_cost = True
        elif match := re.match(r"[-+*\d]\S* (\d+)$", line):
            # The line behind `calls=` is what the callee cost.
            own[caller] += 0 if is_callee_cost else int(match[1])
            is_callee_cost = False
    return own, calls


def measure_gateway(command, environment, folder, what, is_ready, load):
    """Runs a gateway under valgrind and lets `load` ask it: what 2 N requests cost beyond N, divided by N.

    -> figures of one request by name; of COUNTED ones calls by kind, callee and caller, instructions by function"""
    # Valgrind does not understand all that Swift writes for debuggers; names of functions are enough.
    shutil.copy(command[0], folder / "gateway")
    subprocess.run(["strip", "--strip-debug", folder / "gateway"], check=True)
    valgrind = [find("valgrind"), "--tool=callgrind", f"--callgrind-out-file={folder}/counts", "--collect-atstart=no",
                "--toggle-collect=*runWorker*", folder / "gateway", *command[1:]]
    with Child(valgrind, folder / "output", environment=environment) as gateway:
        eventually(is_ready, 60, f"{what}: the gateway does not answer")
        load(WARM_UP)
        dump(gateway.pid, folder, 1)
        load(COUNTED)
        own_once, calls_once = parse(dump(gateway.pid, folder, 2))
        load(2 * COUNTED)
        own, calls = parse(dump(gateway.pid, folder, 3))
    calls.subtract(calls_once)
    own.subtract(own_once)
    found = {"instructions": round(sum(own.values()) / COUNTED)}
    places = collections.Counter()
    for kind, functions in CALLS.items():
        sums = 0
        for (caller, callee), count in calls.items():
            if callee in functions:
                sums += count
                places[kind, callee, caller] += count
        # A handshake may differ from the next one by a call or two.
        found[kind] = max(0, round(sums / COUNTED, 2))
    return found, places, own
