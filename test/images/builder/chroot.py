"""Runs a command inside a root file system, in mount and process namespaces that end with it."""

import os
import subprocess

# The image's own /dev, /proc and /etc/resolv.conf are covered, never written to.
MOUNTS = r'''
mount --make-rprivate /
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
for device in null zero full random urandom; do
  touch "$ROOT/dev/$device" && mount --bind "/dev/$device" "$ROOT/dev/$device"
done
ln -s /proc/self/fd "$ROOT/dev/fd"
ln -s fd/0 "$ROOT/dev/stdin" && ln -s fd/1 "$ROOT/dev/stdout" && ln -s fd/2 "$ROOT/dev/stderr"
mkdir -m 1777 "$ROOT/dev/shm"
'''

NAMESPACES = ['unshare', '--mount', '--pid', '--fork', '--kill-child']


def run_inside(root, script, stage):
    """Runs a shell script in the root, with the host's resolver and, at /mnt, the folder of staged files."""
    resolver = os.path.join(root, 'etc/resolv.conf')
    made = not os.path.lexists(resolver)
    if made:
        open(resolver, 'x').close()
    outside = MOUNTS + (
        'mount --bind /etc/resolv.conf "$ROOT/etc/resolv.conf"\n'
        'mount --bind "$STAGE" "$ROOT/mnt"\n'
        'exec env -i PATH="$INNER_PATH" HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive '
        'chroot "$ROOT" /bin/sh -euc "$SCRIPT"\n'
    )
    environment = {
        **os.environ,
        'ROOT': root,
        'STAGE': stage,
        'SCRIPT': script,
        'INNER_PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    }
    subprocess.run([*NAMESPACES, 'sh', '-euc', outside], env=environment, check=True, stdout=2, stdin=subprocess.DEVNULL)
    if made:
        os.unlink(resolver)
