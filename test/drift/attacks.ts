import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { DriftClass, DriftSeverity, ProcessProblem } from '@sallyport/runtime'
import type { Container } from './start-container.ts'

const execute = promisify(execFile)

/** Something that is done to a container, and what has to be found. */
export interface Attack {
  readonly name: string
  /** Done inside, or from outside where the image has no program for it. */
  readonly act: string | ((container: Container) => Promise<unknown>)
  /** All files that differ, but for those that were only touched. */
  readonly files: Readonly<Record<string, readonly [DriftClass, DriftSeverity]>>
  readonly processes?: readonly ProcessProblem[]
  /** What only the walk of all files sees, on other file systems; what lies in `/mnt` is left out. */
  readonly mounted?: readonly string[]
  /** Reasons that have to be counted. */
  readonly expected?: readonly string[]
  /** Files that are told of as touched, where the upper directory is looked at. */
  readonly touched?: readonly string[]
}

const other = (path: string) => `cp /bin/sleep ${path}; printf x >>${path}`

/** Flips the last byte of a file in place, and gives it back its time. */
const flip = (path: string) =>
  `cp -p ${path} /mnt/kept; perl -e 'open(F,"+<",$ARGV[0]); binmode F; seek(F,-1,2); read(F,$b,1); seek(F,-1,2); print F chr(ord($b)^1); close F' ${path}; touch -r /mnt/kept ${path}`

const memfd = `perl -e '
  $^F = 255;
  my $fd = syscall(319, my $name = "evil", 0); die "memfd: $!" if $fd < 0;
  open(my $in, "<", "/bin/sleep"); open(my $out, ">&=", $fd); binmode $in; binmode $out;
  local $/; print {$out} scalar(<$in>) . "x"; $out->flush();
  exec {"/proc/self/fd/$fd"} "sleep", "1000" or die' >/dev/null 2>&1 &`

/** Waits until a process of the container runs as it should: what was started in the background does so when it likes. */
const until = (test: string) =>
  `for i in $(seq 500); do if ${test}; then exit 0; fi; sleep 0.02; done; echo 'it does not run' >&2; exit 1`
/** The word alone, which no script that holds it is. */
const isGiven = (word: string) => until(`grep -qaz '^${word}$' /proc/[0-9]*/cmdline 2>/dev/null`)
const runs = (pattern: string) => until(`ls -l /proc/[0-9]*/exe 2>/dev/null | grep -q -- '${pattern}'`)

export const attacks: readonly Attack[] = [
  { name: 'nothing', act: 'true', files: {} },
  {
    name: 'installs a package',
    act: async (container) => {
      await buildPackage(join(container.root, 'mnt/hello.deb'))
      await container.sh('dpkg -i /mnt/hello.deb >/dev/null')
    },
    files: {
      '/opt/hello': ['data-added', 'minor'],
      '/opt/hello/hello': ['binary-added', 'high'],
      '/var/lib/dpkg/info/drift-hello.list': ['package-installed', 'medium'],
      '/var/lib/dpkg/info/drift-hello.md5sums': ['package-installed', 'medium'],
      '/var/lib/dpkg/status': ['package-installed', 'medium'],
      '/var/lib/dpkg/status-old': ['package-installed', 'medium'],
    },
    expected: ['log'],
    touched: ['/var/lib/dpkg/lock', '/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/triggers/Lock'],
  },
  {
    name: 'replaces a binary, keeping size and time',
    act: flip('/usr/bin/id'),
    files: { '/usr/bin/id': ['binary-changed', 'high'] },
  },
  {
    name: 'replaces a library, keeping size and time',
    act: flip('/usr/lib/x86_64-linux-gnu/libgcc_s.so.1'),
    files: { '/usr/lib/x86_64-linux-gnu/libgcc_s.so.1': ['binary-changed', 'high'] },
  },
  {
    name: 'adds a set-uid file',
    act: 'cp /bin/sleep /usr/local/bin/su2; chmod 4755 /usr/local/bin/su2',
    files: { '/usr/local/bin/su2': ['binary-added', 'high'] },
  },
  {
    name: 'gives a program set-uid',
    act: 'chmod 4755 /usr/bin/id',
    files: { '/usr/bin/id': ['permission-or-capability-changed', 'high'] },
  },
  {
    name: 'gives a program a capability',
    act: ({ root }) => execute('setcap', ['cap_net_raw+ep', `${root}/usr/bin/id`]),
    files: { '/usr/bin/id': ['permission-or-capability-changed', 'high'] },
  },
  {
    name: 'edits a configuration',
    act: 'echo "user root;" >>/etc/nginx/nginx.conf',
    files: { '/etc/nginx/nginx.conf': ['script-or-config-changed', 'medium'] },
  },
  {
    name: 'edits a script of the image',
    act: `sed -i '2i echo evil' /usr/bin/catchsegv 2>/dev/null || sed -i '2i echo evil' /usr/bin/ldd`,
    files: { '/usr/bin/ldd': ['script-or-config-changed', 'high'] },
  },
  {
    name: 'writes data to a declared path',
    act: 'mkdir -p /data/sub; echo data >/data/sub/file',
    files: {},
    expected: ['declared-writable'],
  },
  {
    name: 'puts a program into a declared path',
    act: `mkdir -p /data; ${other('/data/tool')}`,
    files: { '/data/tool': ['binary-added', 'high'] },
  },
  {
    name: 'puts a library without the bit to execute into a declared path',
    act: `mkdir -p /data; cp /usr/lib/x86_64-linux-gnu/libgcc_s.so.1 /data/x.bin; printf x >>/data/x.bin; chmod 644 /data/x.bin`,
    files: { '/data/x.bin': ['binary-added', 'high'] },
  },
  {
    name: 'runs from memory',
    act: `${memfd}\n${runs('memfd:evil')}`,
    files: {},
    processes: ['memory-only-executable'],
  },
  { name: 'deletes a file', act: 'rm /usr/bin/id', files: { '/usr/bin/id': ['deleted', 'low'] } },
  { name: 'deletes a directory', act: 'rm -r /srv/www', files: { '/srv/www': ['deleted', 'low'] } },
  {
    name: 'deletes a directory and makes it anew',
    act: 'rm -r /srv/www; mkdir /srv/www; echo new >/srv/www/new.txt',
    files: {
      '/srv/www/index.html': ['deleted', 'low'],
      '/srv/www/new.txt': ['data-added', 'minor'],
    },
  },
  {
    name: 'renames a program',
    act: 'mv /usr/bin/id /usr/bin/di',
    files: { '/usr/bin/di': ['binary-added', 'high'], '/usr/bin/id': ['deleted', 'low'] },
  },
  {
    name: 'only touches files',
    act: 'touch /usr/bin/id /etc/passwd',
    files: {},
    touched: ['/etc/passwd', '/usr/bin/id'],
  },
  {
    name: 'only changes a mode',
    act: 'chmod 600 /etc/nginx/mime.types',
    files: { '/etc/nginx/mime.types': ['permission-or-capability-changed', 'minor'] },
  },
  {
    name: 'only changes an owner',
    act: 'chown 1000:1000 /etc/passwd',
    files: { '/etc/passwd': ['permission-or-capability-changed', 'medium'] },
  },
  {
    name: 'adds a user',
    act: 'echo "evil::0:0::/root:/bin/sh" >>/etc/passwd',
    files: { '/etc/passwd': ['script-or-config-changed', 'high'] },
  },
  {
    name: 'makes a library load into all programs',
    act: 'echo /tmp/none.so >/etc/ld.so.preload',
    files: { '/etc/ld.so.preload': ['script-or-config-changed', 'high'] },
  },
  {
    name: 'schedules a job',
    act: 'mkdir -p /etc/cron.d; echo "* * * * * root id" >/etc/cron.d/evil',
    files: { '/etc/cron.d/evil': ['script-or-config-changed', 'high'] },
  },
  {
    name: 'lets a key log in',
    act: 'mkdir -p /root/.ssh; echo "ssh-ed25519 AAAA" >/root/.ssh/authorized_keys',
    files: {
      '/root/.ssh': ['data-added', 'minor'],
      '/root/.ssh/authorized_keys': ['script-or-config-changed', 'high'],
    },
  },
  {
    name: 'adds a trusted certificate',
    act: 'mkdir -p /etc/ssl/certs; echo "-----BEGIN CERTIFICATE-----" >/etc/ssl/certs/evil.pem',
    files: {
      '/etc/ssl/certs': ['data-added', 'minor'],
      '/etc/ssl/certs/evil.pem': ['script-or-config-changed', 'high'],
    },
  },
  {
    name: 'may become root',
    act: 'mkdir -p /etc/sudoers.d; echo "ALL ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/x',
    files: {
      '/etc/sudoers.d': ['data-added', 'minor'],
      '/etc/sudoers.d/x': ['script-or-config-changed', 'high'],
    },
  },
  {
    name: 'runs a script from /tmp',
    act: `printf '#!/bin/sh\\nsleep 1000; true\\n' >/tmp/s.sh; chmod 755 /tmp/s.sh; /tmp/s.sh >/dev/null 2>&1 &
${isGiven('/tmp/s.sh')}`,
    files: { '/tmp/s.sh': ['binary-added', 'critical'] },
    processes: ['foreign-script'],
  },
  {
    name: 'runs a script that looks like data, by a relative path',
    act: `cd /tmp; echo 'sleep 1000; true' >notes.txt; sh notes.txt >/dev/null 2>&1 &
${isGiven('notes.txt')}`,
    files: {},
    processes: ['foreign-script'],
    expected: ['temporary-data'],
  },
  {
    name: 'runs a program from /tmp',
    act: `${other('/tmp/tool')}; /tmp/tool 1000 >/dev/null 2>&1 &\n${runs('/tmp/tool')}`,
    files: { '/tmp/tool': ['binary-added', 'critical'] },
    processes: ['foreign-executable'],
  },
  {
    name: 'runs a program from a mounted volume',
    act: `${other('/mnt/tool')}; /mnt/tool 1000 >/dev/null 2>&1 &\n${runs('/mnt/tool')}`,
    // Only who looks at all of the container sees its mounts; its processes are seen either way.
    files: {},
    processes: ['foreign-executable'],
  },
  {
    name: 'deletes the program that it runs',
    act: `${other('/tmp/tool')}; /tmp/tool 1000 >/dev/null 2>&1 &\n(${runs('/tmp/tool')}); rm /tmp/tool`,
    files: {},
    processes: ['deleted-executable'],
  },
  {
    name: 'runs a program whose first thread has ended',
    act: `cp /usr/bin/perl /tmp/tool; printf x >>/tmp/tool
/tmp/tool -Mthreads -e 'threads->create(sub { sleep 1000 }); syscall(60, 0)' >/dev/null 2>&1 &
${until(`grep -q '^State:.Z' /proc/[0-9]*/status 2>/dev/null`)}`,
    files: { '/tmp/tool': ['binary-added', 'critical'] },
    processes: ['foreign-executable'],
  },
  {
    name: 'runs a program in namespaces and a root of its own',
    act: `mkdir -p /mnt/r/lib64 /mnt/r/lib; cp /lib64/ld-linux-x86-64.so.2 /mnt/r/lib64
cp /usr/lib/x86_64-linux-gnu/libc.so.6 /mnt/r/lib; ${other('/mnt/r/tool')}
unshare --mount --pid --fork env LD_LIBRARY_PATH=/lib chroot /mnt/r /tool 1000 >/dev/null 2>&1 &
${runs('/mnt/r/tool')}`,
    files: {},
    processes: ['foreign-executable'],
  },
  {
    name: 'runs a program through the linker',
    act: `${other('/tmp/tool')}; chmod 644 /tmp/tool; /lib64/ld-linux-x86-64.so.2 /tmp/tool 1000 >/dev/null 2>&1 &
${until(`grep -q /tmp/tool /proc/[0-9]*/maps 2>/dev/null`)}`,
    files: { '/tmp/tool': ['binary-added', 'critical'] },
    processes: ['foreign-script', 'foreign-library'],
  },
  {
    name: 'runs a script that looks like data, behind options and a file of the image',
    act: `cd /tmp; echo 'sleep 1000; true' >notes.txt
bash --rcfile /etc/passwd -o pipefail notes.txt >/dev/null 2>&1 &
${isGiven('notes.txt')}`,
    files: {},
    processes: ['foreign-script'],
    expected: ['temporary-data'],
  },
  {
    name: 'puts a link in the place of a directory of jobs',
    act: 'rm -rf /var/spool/cron; mkdir /tmp/cron; ln -s /tmp/cron /var/spool/cron; echo "* * * * * id" >/tmp/cron/root',
    files: { '/var/spool/cron': ['script-or-config-changed', 'high'] },
    expected: ['temporary-data'],
  },
  {
    name: 'mounts something over a program',
    act: 'cp /bin/sleep /mnt/x; printf x >>/mnt/x; mount --bind /mnt/x /usr/bin/id',
    // Only who looks at all of the container sees its mounts.
    files: {},
    mounted: ['/usr/bin/id'],
  },
  {
    name: 'hides a program below /proc',
    act: `mount -t tmpfs tmpfs /proc/fs; ${other('/proc/fs/tool')}`,
    files: {},
    mounted: ['/proc/fs/tool'],
  },
  {
    name: 'loads a library from /tmp',
    act: `cp /usr/lib/x86_64-linux-gnu/libgcc_s.so.1 /tmp/evil.so; printf x >>/tmp/evil.so
perl -MDynaLoader -e 'DynaLoader::dl_load_file("/tmp/evil.so") or die DynaLoader::dl_error(); sleep 1000' >/dev/null 2>&1 &
${until(`grep -q /tmp/evil.so /proc/[0-9]*/maps 2>/dev/null`)}`,
    files: { '/tmp/evil.so': ['binary-added', 'critical'] },
    processes: ['foreign-library'],
  },
  {
    name: 'loads a library by its environment',
    act: `LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libgcc_s.so.1 sleep 1000 >/dev/null 2>&1 &
${until(`grep -qa LD_PRELOAD /proc/[0-9]*/environ 2>/dev/null`)}`,
    files: {},
    processes: ['preloaded-library'],
  },
  {
    name: 'lets a link of a program lead elsewhere',
    act: 'ln -sf /usr/bin/perl /usr/bin/sh',
    files: { '/usr/bin/sh': ['binary-changed', 'high'] },
  },
  {
    name: 'puts a link in the place of a program',
    act: 'rm /usr/bin/id; ln -s perl /usr/bin/id',
    files: { '/usr/bin/id': ['binary-changed', 'high'] },
  },
  {
    name: 'gives a program a second name by a hard link',
    act: 'ln /usr/bin/id /usr/local/bin/ok',
    files: { '/usr/local/bin/ok': ['binary-added', 'high'] },
    touched: ['/usr/bin/id'],
  },
  {
    name: 'hides a program behind the name of a whiteout',
    act: `${other('/usr/bin/.wh.id')}`,
    files: { '/usr/bin/.wh.id': ['binary-added', 'high'] },
  },
  {
    name: 'makes a device',
    act: 'mknod /usr/lib/disk b 8 0',
    files: { '/usr/lib/disk': ['data-added', 'high'] },
  },
  {
    name: 'writes what every container does',
    act: 'echo 1 >/run/x.pid; echo line >>/var/log/app.log; mkdir -p /var/cache/app; echo c >/var/cache/app/c; echo t >/tmp/t',
    files: {},
    expected: ['runtime-data', 'log', 'cache', 'temporary-data', 'engine-file'],
  },
]

async function buildPackage(path: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-deb-'))
  try {
    await mkdir(join(directory, 'DEBIAN'), { mode: 0o755 })
    await mkdir(join(directory, 'opt/hello'), { recursive: true })
    const control =
      'Package: drift-hello\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: hello\n'
    await writeFile(join(directory, 'DEBIAN/control'), control)
    await writeFile(join(directory, 'DEBIAN/md5sums'), '')
    await writeFile(join(directory, 'opt/hello/hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 })
    await execute('dpkg-deb', ['--root-owner-group', '--build', directory, path])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
