import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkDrift, FileBaseline, rootCollector } from '@sallyport/runtime'
import { requireTool } from '@sallyport/test-tools'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** Mounts a file system for which nobody will ever answer, in a mount namespace of its own. */
const script = `
use Fcntl; $| = 1;
open(my $device, '+<', '/dev/fuse') or die "fuse: $!";
fcntl($device, F_SETFD, 0);
my $fd = fileno($device);
system('mount', '-i', '-t', 'fuse', '-o', "fd=$fd,rootmode=40000,user_id=0,group_id=0", 'none', "$ENV{WORK}") == 0
  or die 'mount';
print "ready\\n";
sleep 1000;
`
let directory: string
let child: ChildProcess
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-silent-'))
  const mount = join(directory, 'mount')
  await mkdir(mount)
  await mkdir(join(directory, 'other'))
  child = spawn(requireTool('unshare'), ['--mount', '--kill-child', 'perl', '-e', script], {
    env: { PATH: process.env['PATH'], WORK: mount },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [text] = (await once(child.stdout!, 'data')) as [Buffer]
  if (text.toString() !== 'ready\n') throw new Error(text.toString())
})
afterAll(async () => {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await rm(directory, { recursive: true, force: true })
})

it.each(['fuse', 'nfs4'])('a %s mount that never answers is unknown, and holds nothing up', async (type) => {
  const root = `/proc/${child.pid}/root${directory}`
  const mounts = [{ path: '/mount', type, options: new Map<string, string>() }]
  const { mode, uid, gid } = await stat(join(directory, 'other'))
  const baseline = new FileBaseline(
    ['/', '/other', '/mount'].map((path) => ({
      path,
      type: 'directory' as const,
      mode: path === '/' ? 0o700 : mode & 0o7777,
      uid,
      gid,
      size: 0,
    })),
  )
  const report = await checkDrift({
    baseline,
    collector: rootCollector(root, { mounts, answerTimeoutMs: 50 }),
  })
  expect(report).toMatchObject({ verdict: 'unknown', files: [], seen: { files: 2 } })
  expect(report.unknown).toMatchObject([{ path: '/mount', reason: 'unreadable' }])
})
