"""A Slurm cluster on this machine: two pretended nodes, with accounting, in a folder and on the loopback.

`python tests/support/slurm.py` starts one, prints the variables that a shell needs to use it, and stops it on
Ctrl-C.  `install/slurm.sh` installs its programs.
"""

import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_PROGRAMS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sbatch", "srun")
_SYSTEM = os.pathsep.join(("/usr/local/sbin", "/usr/sbin", "/sbin"))  # of daemons, which few users have

_CONTROL = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[1]}
AccountingStoragePass={folder}/munge.socket
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=20
GresTypes=gpu
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{node_ports}] CPUs=16 RealMemory=64000 Gres=gpu:2
PartitionName=all Nodes=ALL Default=YES MaxTime=UNLIMITED DefaultTime=00:10:00 State=UP
"""

_GPUS = "NodeName=n[1-2] Name=gpu AutoDetect=off File={folder}/gpu[0-1]\n"

_ACCOUNTING = """\
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={ports[1]}
SlurmUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[2]}
StorageUser=slurm
StoragePass=slurm
"""

_SRUN = """\
#!/bin/sh
# Snakemake removes SLURM_CONF from the environment of a job; other clusters have the file in /etc/slurm.
SLURM_CONF={folder}/slurm.conf exec {srun} "$@"
"""


def missing_programs() -> list[str]:
    """Return the programs that a cluster needs and that are not installed."""
    return [name for name in _PROGRAMS if _path_of(name) is None]


class Cluster:
    """A cluster whose configuration, state and logs are in a folder; `start` and `stop` it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": os.pathsep.join([str(folder / "bin"), os.environ["PATH"], _SYSTEM]),
        }
        """Environment variables of those who use it."""
        self._ports = _free_ports(5)
        self._daemons: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start all daemons, and return when both nodes are idle."""
        self._configure()
        self._start_munge()
        self._start_accounting()
        self._daemon("slurmctld", "-D")
        self._wait_for("scontrol", "ping", expected="is UP")
        for node in ("n1", "n2"):
            self._daemon("slurmd", "-D", "-N", node)
        self._wait_for("sinfo", "-h", "-o", "%D %T", expected="2 idle")

    def stop(self) -> None:
        """Cancel all jobs, and stop what was started."""
        try:
            if (self.folder / "slurmctld.pid").exists():
                self.run("scancel", "--user", getpass.getuser())
                self._wait_for("squeue", "-h", expected="")
        finally:
            self._stop_daemons()

    def _stop_daemons(self) -> None:
        """Stop the daemons, the last one first."""
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def run(self, *command: object) -> str:
        """Run a command of Slurm; return what it printed."""
        words, environment = [str(word) for word in command], os.environ | self.variables
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout.strip()

    def submit(self, command: str, *options: object, folder: Path) -> str:
        """Submit a job that runs a command in a folder, with its log there; return its number."""
        place = ("-D", folder, "-o", "%x.log", "-J", "job", "--cpus-per-task=1", "--mem=2000")
        return self.run("sbatch", "--parsable", "--time=10", *place, *options, "--wrap", command)

    def state_of(self, job: str) -> set[str]:
        """Return the states of the tasks of a job."""
        return set(self.run("squeue", "--states=all", "-h", "-o", "%T", "-j", job).split())

    def end_of(self, job: str, *, seconds: float = 300) -> set[str]:
        """Return the states of the tasks of a job when all have ended."""
        running = {"PENDING", "RUNNING", "COMPLETING", "REQUEUED", "CONFIGURING"}
        wait_until(lambda: not self.state_of(job) & running, f"end of job {job}", seconds=seconds)
        return self.state_of(job)

    def _configure(self) -> None:
        """Write the files that the daemons read."""
        values = {
            "folder": self.folder,
            "host": socket.gethostname().split(".")[0],
            "user": getpass.getuser(),
            "ports": self._ports,
            "node_ports": ",".join(map(str, self._ports[3:])),
            "srun": _path_of("srun"),
        }
        for name in ("bin", "state", "log"):
            (self.folder / name).mkdir(parents=True)
        for name in ("gpu0", "gpu1"):
            (self.folder / name).touch()
        (self.folder / "slurm.conf").write_text(_CONTROL.format(**values))
        (self.folder / "gres.conf").write_text(_GPUS.format(**values))
        _private(self.folder / "slurmdbd.conf").write_text(_ACCOUNTING.format(**values))
        _private(self.folder / "munge.key").write_bytes(os.urandom(1024))
        (self.folder / "bin/srun").write_text(_SRUN.format(**values))
        (self.folder / "bin/srun").chmod(0o755)

    def _start_munge(self) -> None:
        """Start the daemon by which the others know each other."""
        names = {"socket": "munge.socket", "key-file": "munge.key", "log-file": "log/munged.log"}
        names |= {"pid-file": "munged.pid", "seed-file": "munge.seed"}
        self._daemon("munged", "-F", "--force", *(f"--{k}={self.folder / v}" for k, v in names.items()))
        self._wait_for("munge", "-S", self.folder / "munge.socket", "-n")

    def _start_accounting(self) -> None:
        """Start the database of accounts and ended jobs, and the daemon that answers `sacct`."""
        data, user = f"--datadir={self.folder}/database", f"--user={getpass.getuser()}"
        self.run("mariadb-install-db", "--no-defaults", data, user, "--skip-test-db")
        address = ("--bind-address=127.0.0.1", f"--port={self._ports[2]}")
        client = ("mariadb", "--no-defaults", f"--socket={self.folder}/database.socket")
        files = (f"--socket={self.folder}/database.socket", f"--pid-file={self.folder}/mariadbd.pid")
        limits = ("--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900")
        self._daemon("mariadbd", "--no-defaults", data, user, *address, *files, *limits)
        self._wait_for(*client, "-e", "select 1")
        for host in ("localhost", "127.0.0.1"):
            self.run(*client, "-e", f"create user slurm@'{host}' identified by 'slurm'")
            self.run(*client, "-e", f"grant all on slurm_acct_db.* to slurm@'{host}'")
        self._daemon("slurmdbd", "-D")
        self._wait_for("sacctmgr", "-n", "list", "cluster")
        self.run("sacctmgr", "-i", "add", "cluster", "tests")
        self.run("sacctmgr", "-i", "add", "account", "lab")
        self.run("sacctmgr", "-i", "add", "user", getpass.getuser(), "account=lab")

    def _daemon(self, name: str, *arguments: str) -> None:
        """Start a daemon in the foreground; its output is `log/NAME.out`."""
        command = [str(_path_of(name)), *arguments]
        with (self.folder / f"log/{name}{len(self._daemons)}.out").open("wb") as file:
            streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": subprocess.STDOUT}
            environment = os.environ | self.variables
            options = {"env": environment, "start_new_session": True, "preexec_fn": _end_with_parent}
            self._daemons.append(subprocess.Popen(command, **options, **streams))

    def _wait_for(self, *command: object, expected: str | None = None) -> None:
        """Wait until a command succeeds and, if this is given, prints the expected text."""

        def succeeds() -> bool:
            try:
                printed = self.run(*command)
            except AssertionError:
                return False
            return expected is None or (expected in printed if expected else not printed)

        wait_until(succeeds, f"{command}; see {self.folder}/log", seconds=60)


def wait_until(condition: Callable[[], object], what: str, *, seconds: float) -> None:
    """Wait until a condition is met."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.5)


def _end_with_parent() -> None:
    """Let the system end this process with its parent, also if that is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _path_of(program: str) -> str | None:
    """Return the path of a program, also of one for administrators."""
    return shutil.which(program, path=os.pathsep.join([os.environ["PATH"], _SYSTEM]))


def _free_ports(n: int) -> list[int]:
    """Return ports of this machine that no program uses."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


def _private(path: Path) -> Path:
    """Make a file that only its owner reads, and return its path."""
    path.touch(0o600)
    return path


def main() -> None:
    """Run a cluster until Ctrl-C, or SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder, "slurm"))
        try:
            cluster.start()
            for name in cluster.variables:
                print(f"export {name}='{cluster.variables[name]}'", flush=True)
            signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()
