#!/usr/bin/env bash
# Install the Debian or Ubuntu packages of the Slurm cluster that `make test-cluster` starts; needs root.
# No daemon is started: the tests start their own, in a temporary folder.
set -euo pipefail
packages=(slurmctld slurmd slurmdbd slurm-client slurm-wlm-basic-plugins slurm-wlm-mysql-plugin munge mariadb-server)
dpkg --status "${packages[@]}" &>/dev/null && exit
refusal=/usr/sbin/policy-rc.d # read by packages before they start a daemon
if [ ! -e "$refusal" ]; then
    trap 'rm -f "$refusal"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$refusal"
    chmod +x "$refusal"
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
