"""A SLURM of this machine alone: one node on the loopback address, everything in a temporary folder.

``with cluster(folder) as environment`` yields the variables with which SLURM's commands find it.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo")
START_SECONDS = 60.0
STOP_SECONDS = 10.0
CONF = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
MailProg=/bin/true
JobRequeue=1
ReturnToService=2
KillWait=5
MinJobAge=2
InactiveLimit=0
SlurmctldTimeout=30
SlurmdTimeout=30
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={processors} RealMemory=1000 State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Programs that are not installed; Debian has them in slurm-wlm and munge."""
    return [name for name in PROGRAMS if which(name) is None]


def which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextmanager
def cluster(folder: Path) -> Iterator[Mapping[str, str]]:
    """Start the daemons, wait until the node is idle, and stop them at the end."""
    host = socket.gethostname().partition(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o600)
    controller, node = _free_ports(2)
    conf = folder / "slurm.conf"
    conf.write_text(
        CONF.format(
            host=host, controller=controller, node=node, folder=folder, processors=os.cpu_count(),
            user=pwd.getpwuid(os.getuid()).pw_name,
        )
    )  # fmt: skip
    (folder / "cgroup.conf").write_text(f"CgroupPlugin={_cgroup_plugin()}\n")
    environment = os.environ | {"SLURM_CONF": str(conf)}
    with ExitStack() as daemons:
        munged = [
            "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
            f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/seed",
        ]  # fmt: skip
        for command in (
            munged,
            ["slurmctld", "-D", "-f", str(conf)],
            ["slurmd", "-D", "-f", str(conf), "-N", host],
        ):
            daemons.enter_context(_daemon(command, folder, environment))
            if command is munged:
                _until(lambda: (folder / "munge.socket").exists(), "munged")
        _until(
            lambda: _asked(["sinfo", "--noheader", "--format=%t"], environment) in ("idle", "mix", "alloc"),
            f"the node (see {folder}/*.log)",
        )
        yield environment
        _until(lambda: _emptied(environment), "an empty queue")


def _emptied(environment: Mapping[str, str]) -> bool:
    """Cancel all jobs; one that is just being requeued takes no notice, so again and again."""
    user = pwd.getpwuid(os.getuid()).pw_name
    with suppress(subprocess.SubprocessError):
        subprocess.run(["scancel", f"--user={user}"], env=environment, check=False, timeout=10)
        return not _asked(["squeue", "--noheader"], environment)
    return False


def _cgroup_plugin() -> str:
    """None where SLURM can do without; else that of what is mounted."""
    version = _asked(["slurmd", "-V"], os.environ)
    if int(version.split()[-1].partition(".")[0]) >= 23:
        return "disabled"
    return "cgroup/v1" if Path("/sys/fs/cgroup/freezer").is_dir() else "cgroup/v2"


def _asked(command: Sequence[str], environment: Mapping[str, str]) -> str:
    program = which(command[0])
    assert program is not None
    asked = subprocess.run(
        [program, *command[1:]], env=environment, capture_output=True, text=True, check=False, timeout=30
    )
    return asked.stdout.strip()


@contextmanager
def _daemon(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    program = which(command[0])
    assert program is not None
    with (folder / f"{command[0]}.out").open("w") as output:
        process = subprocess.Popen(
            [program, *command[1:]], stdout=output, stderr=output, env=environment, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(true: object, what: str) -> None:
    end = time.monotonic() + START_SECONDS
    while not true():  # type: ignore[operator]
        if time.monotonic() > end:
            msg = f"{what} did not come up within {START_SECONDS:.0f} s"
            raise TimeoutError(msg)
        time.sleep(0.5)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
