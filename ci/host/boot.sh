#!/usr/bin/env bash
# Boots the host of ci/host.sh, systemd and all, in namespaces of its own: what ends this ends all of it.
set -euo pipefail
dir=$1 port=$2
root=$dir/root
mkdir -p "$dir"/{base,base.work,root}
mount --make-rprivate /
# What the container's manager keeps is not for this machine.
mount -t tmpfs tmpfs /run
mount -t proc proc /proc
if [[ ! -e $dir/nspawn/usr/bin/systemd-nspawn ]]; then
    mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/base,workdir=$dir/base.work" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/tmp"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    {
        chroot "$root" apt-get update
        DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y acl openssh-server
        chroot "$root" sh -c 'cd /tmp && apt-get download systemd-container'
    } >"$dir/base.log" 2>&1
    dpkg -x "$root"/tmp/systemd-container_*.deb "$dir/nspawn"
    rm "$root/usr/sbin/policy-rc.d"
    umount -R "$root"
fi
# One below the other the two would overlap, since the directory of one is in the other: so what was installed is copied.
rm -rf "$dir/upper" "$dir/work"
mkdir "$dir/work"
cp -a "$dir/base" "$dir/upper"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$root"
mkdir "$root/etc/gp"
install -m 600 "$dir/run/keys/user.pub" "$root/etc/gp/authorized"
install -m 600 "$dir/run/keys/host" "$root/etc/gp/host"
cat >"$root/etc/gp/sshd_config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey /etc/gp/host
AuthorizedKeysFile /etc/gp/authorized
PermitRootLogin yes
PasswordAuthentication no
StrictModes no
UsePAM no
LogLevel VERBOSE
END
cat >"$root/etc/systemd/system/gp-sshd.service" <<END
[Service]
RuntimeDirectory=sshd
ExecStart=/usr/sbin/sshd -D -E /etc/gp/log -f /etc/gp/sshd_config
END
# Nothing else of this machine is started.
cat >"$root/etc/systemd/system/gp.target" <<END
[Unit]
Requires=basic.target
After=basic.target
Wants=gp-sshd.service
END
exec "$dir/nspawn/usr/bin/systemd-nspawn" -D "$root" --keep-unit --register=no --quiet --boot -- --unit=gp.target \
    </dev/null >"$dir/run/boot.log" 2>&1
