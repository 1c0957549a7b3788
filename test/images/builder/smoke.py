#!/usr/bin/env python3
"""
Runs an image's command from its unpacked root file system and asks it over the loopback.

Started by smoke-test.ts inside fresh mount, process and network namespaces, which end with this process: nothing of
it is left on the machine, neither a mount nor a child. Reads {root, config, requests, timeout, emulator} from
stdin and prints the answers as JSON. Files that the program writes go to an overlay in memory, not to the root.
"""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

from chroot import MOUNTS

OVERLAY = r'''
mount -t tmpfs tmpfs "$WORK"
mkdir "$WORK/upper" "$WORK/work" "$WORK/merged"
chmod 755 "$WORK" "$WORK/upper"
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/merged"
mkdir -p "$ROOT/proc" "$ROOT/dev"
'''


def account(root, user):
    """(uid, gid, supplementary groups) of the config's User: name or number, with or without a group."""
    def rows(file):
        try:
            with open(os.path.join(root, 'etc', file)) as lines:
                return [line.rstrip('\n').split(':') for line in lines]
        except FileNotFoundError:
            return []

    name, _, group = (user or '0').partition(':')
    found = next((row for row in rows('passwd') if name in (row[0], row[2])), None)
    if found is None and not name.isdigit():
        raise SystemExit(f'the image has no user {name}')
    uid = int(found[2]) if found else int(name)
    gid = int(found[3]) if found else 0
    groups = [int(row[2]) for row in rows('group') if found and found[0] in row[3].split(',')]
    if group:
        row = next((row for row in rows('group') if group in (row[0], row[2])), None)
        gid = int(row[2] if row else group)
    return uid, gid, groups


def start(root, config, emulator):
    command = [*(config.get('Entrypoint') or []), *(config.get('Cmd') or [])]
    environment = dict(entry.split('=', 1) for entry in config.get('Env') or [])
    environment.setdefault('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
    uid, gid, groups = account(root, config.get('User'))
    directory = config.get('WorkingDir') or '/'
    if emulator:
        command = emulated(root, command, environment['PATH'])

    def enter():
        os.chroot(root)
        os.chdir(directory)
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)

    # The command is looked up after the chroot, with the image's own PATH.
    return subprocess.Popen(command, env=environment, preexec_fn=enter, stdin=subprocess.DEVNULL, stdout=2)


def emulated(root, command, path):
    """The emulator lies in the tmpfs over /dev; it gets the program by its whole path."""
    for folder in path.split(':'):
        if os.path.lexists(os.path.join(root, folder.lstrip('/'), command[0])):
            return ['/dev/emulator', '-0', command[0], os.path.join(folder, command[0]), *command[1:]]
    return ['/dev/emulator', '-0', command[0], *command]


def ask(url):
    context = ssl.create_default_context()
    # A self-signed certificate: what counts here is that TLS is spoken and what is said.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = urllib.request.Request(url, headers={'Accept-Language': 'de, en;q=0.5'})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status, answer.headers.get('content-type'), answer.read(1 << 20).decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers.get('content-type'), answer.read(1 << 20).decode()


def main():
    task = json.load(sys.stdin)
    root = os.path.join(task['work'], 'merged')
    emulator = task.get('emulator')
    script = OVERLAY + MOUNTS + 'ip link set lo up\n'
    if emulator:
        script += 'touch "$ROOT/dev/emulator"; mount --bind "$EMULATOR" "$ROOT/dev/emulator"\n'
    names = {'LOWER': task['root'], 'WORK': task['work'], 'ROOT': root, 'EMULATOR': emulator or ''}
    subprocess.run(['sh', '-euc', 'mount --make-rprivate /\n' + script], env={**os.environ, **names}, check=True)
    process = start(root, task['config'], emulator)
    deadline = time.monotonic() + task['timeout']
    answers = []
    for url in task['requests']:
        while True:
            if process.poll() is not None:
                raise SystemExit(f'the command ended with {process.returncode} before it answered {url}')
            try:
                answers.append((url, *ask(url)))
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise SystemExit(f'no answer from {url}: {error}') from None
                time.sleep(0.05)
    json.dump(answers, sys.stdout)


main()
