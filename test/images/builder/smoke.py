#!/usr/bin/env python3
"""
Runs an image's command from its unpacked root file system and asks it over the loopback.

Started by smoke-test.ts inside fresh mount, process and network namespaces, which end with this process: nothing of
it is left on the machine, neither a mount nor a child. Reads {root, config, requests, names, timeout, emulator, signals} from
stdin and prints the answers as JSON. Files that the program writes go to an overlay in memory, not to the root.

A request is a URL; {tcp, send, until}, bytes over a connection and how the answer ends; or {exec}, a command that runs
in the image beside the first one, as probes and hooks do. Each is repeated until there is an answer. `names` are known
to the name server that the image's resolv.conf points to. `afterwards` is a program of the machine that is run while the
image's command still does, once all have been answered; SMOKE_ROOT, SMOKE_UPPER and SMOKE_PID say where it is. `signals` are
sent to the first process at the end: after each but the last it has to answer the first request again, after the last it has
to end.
"""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

from chroot import MOUNTS
from name_server import serve_names

OVERLAY = r'''
mount -t tmpfs tmpfs "$WORK"
mkdir "$WORK/upper" "$WORK/work" "$WORK/merged"
chmod 755 "$WORK" "$WORK/upper"
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/merged"
mkdir -p "$ROOT/proc" "$ROOT/dev" "$ROOT/etc"
# As a container engine gives them.
rm -f "$ROOT/etc/resolv.conf" "$ROOT/etc/hosts"
echo nameserver 127.0.0.1 >"$ROOT/etc/resolv.conf"
echo "127.0.0.1 localhost $(hostname)" >"$ROOT/etc/hosts"
'''


class NotYet(Exception):
    """No answer, or none that counts; asked again until the time is over."""


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


def start(root, config, command, emulator, **streams):
    """Starts a command as the image's own are started: user, environment, folder."""
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
    return subprocess.Popen(command, env=environment, preexec_fn=enter, stdin=subprocess.DEVNULL, **streams)


def emulated(root, command, path):
    """The emulator lies in the tmpfs over /dev; it gets the program by its whole path."""
    for folder in path.split(':'):
        if os.path.lexists(os.path.join(root, folder.lstrip('/'), command[0])):
            return ['/dev/emulator', '-0', command[0], os.path.join(folder, command[0]), *command[1:]]
    return ['/dev/emulator', '-0', command[0], *command]


def ask(request, task, root):
    """The answer to one request as text."""
    if isinstance(request, str):
        return ask_url(request)
    if 'tcp' in request:
        return ask_tcp(request)
    return ask_command(request, task, root)


def ask_command(request, task, root):
    pipes = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}
    process = start(root, task['config'], request['exec'], task.get('emulator'), **pipes)
    try:
        output, complaints = process.communicate(timeout=task['timeout'])
    except subprocess.TimeoutExpired:
        process.kill()
        raise NotYet('it does not end') from None
    if process.returncode != 0:
        raise NotYet(f'it ended with {process.returncode}: {complaints.decode(errors="replace")[-1000:]}')
    return output.decode()


def ask_tcp(request):
    host, port = request['tcp'].rsplit(':', 1)
    received = b''
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request['send'].encode())
        while not received.endswith(request['until'].encode()):
            chunk = connection.recv(65536)
            if not chunk:
                raise NotYet(f'the connection ended after {received!r}')
            received += chunk
    return received.decode()


def ask_url(url):
    context = ssl.create_default_context()
    # A self-signed certificate: what counts here is that TLS is spoken and what is said.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = urllib.request.Request(url, headers={'Accept-Language': 'de, en;q=0.5'})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        answer = opener.open(request, timeout=5)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return f'{answer.status} {answer.headers.get("content-type") or ""}\n{answer.read(1 << 20).decode()}'


def main():
    task = json.load(sys.stdin)
    root = os.path.join(task['work'], 'merged')
    emulator = task.get('emulator')
    script = OVERLAY + MOUNTS + 'ip link set lo up\n'
    if emulator:
        script += 'touch "$ROOT/dev/emulator"; mount --bind "$EMULATOR" "$ROOT/dev/emulator"\n'
    names = {'LOWER': task['root'], 'WORK': task['work'], 'ROOT': root, 'EMULATOR': emulator or ''}
    subprocess.run(['sh', '-euc', 'mount --make-rprivate /\n' + script], env={**os.environ, **names}, check=True)
    serve_names(task['names'])
    config = task['config']
    command = [*(config.get('Entrypoint') or []), *(config.get('Cmd') or [])]
    process = start(root, config, command, emulator, stdout=2)
    deadline = time.monotonic() + task['timeout']

    def answer_of(request):
        while True:
            if process.poll() is not None:
                raise SystemExit(f'the command ended with {process.returncode} before it answered {request}')
            try:
                return ask(request, task, root)
            except (OSError, NotYet) as error:
                if time.monotonic() > deadline:
                    raise SystemExit(f'no answer from {request}: {error}') from None
                time.sleep(0.05)

    answers = [answer_of(request) for request in task['requests']]
    if task.get('afterwards'):
        facts = {'SMOKE_ROOT': root, 'SMOKE_UPPER': os.path.join(task['work'], 'upper'), 'SMOKE_PID': str(process.pid)}
        subprocess.run(task['afterwards'], env={**os.environ, **facts}, stdout=2, check=True)
    signals = task.get('signals', [])
    for index, name in enumerate(signals):
        process.send_signal(signal.Signals[name])
        if index < len(signals) - 1:
            answer_of(task['requests'][0])
        else:
            process.wait(timeout=task['timeout'])
    json.dump(answers, sys.stdout)


main()
