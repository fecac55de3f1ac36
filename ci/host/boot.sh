#!/usr/bin/env bash
# Starts the host of ci/host.sh, in namespaces of its own: what ends this ends all of it.
set -euo pipefail
dir=$1 port=$2
root=$dir/root
mkdir -p "$dir"/{base,base.work,root}

over() { # lower, upper, work
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs tmpfs "$root/tmp"
}
mount --make-rprivate /
if [[ ! -e $dir/base/usr/sbin/sshd ]]; then
    over / "$dir/base" "$dir/base.work"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    { chroot "$root" apt-get update && DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y openssh-server; } \
        >"$dir/base.log" 2>&1
    rm "$root/usr/sbin/policy-rc.d"
    umount -R "$root"
fi
# One below the other they would overlap, since the directory of one is in the other: so what was installed is copied.
rm -rf "$dir/upper" "$dir/work"
mkdir "$dir/work"
cp -a "$dir/base" "$dir/upper"
over / "$dir/upper" "$dir/work"
mkdir -p "$root/run/sshd"
install -m 600 -D "$dir/run/keys/user.pub" "$root/run/keys/authorized"
install -m 600 "$dir/run/keys/host" "$root/run/keys/host"
cat >"$root/run/sshd_config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey /run/keys/host
AuthorizedKeysFile /run/keys/authorized
PermitRootLogin yes
PasswordAuthentication no
StrictModes no
UsePAM no
LogLevel VERBOSE
END
exec chroot "$root" /usr/sbin/sshd -D -e -f /run/sshd_config 2>"$dir/run/sshd.log"
