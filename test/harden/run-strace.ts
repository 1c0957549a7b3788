import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readStrace, type UsageEvidence } from '@sallyport/harden/evidence'
import type { Image } from '@sallyport/image'
import { unpackImage } from '@sallyport/test-images'
import { requireTool } from '@sallyport/test-tools'

const calls = [
  ...['execve', 'execveat', 'open', 'openat', 'openat2', 'mmap'],
  ...['chdir', 'fchdir', 'chroot', 'clone', 'clone3', 'fork', 'vfork'],
]

/** Runs a command of an image to its end in a chroot under strace, and reads the recording as a user would. */
export async function runStrace(
  { layoutDirectory, raw }: Image,
  command: readonly string[],
  directory: string,
): Promise<{ readonly evidence: UsageEvidence; readonly output: string }> {
  const work = await mkdtemp(join(directory, 'strace-'))
  try {
    const root = join(work, 'root')
    const recording = join(work, 'recording')
    await unpackImage(layoutDirectory, root)
    const traced = [requireTool('strace'), '-f', '-y', '-ttt', '-e', `trace=${calls.join()}`, '-o', recording]
    await mkdir(join(root, 'proc'), { recursive: true })
    const script = 'mount -t proc proc "$0/proc"; exec "$@"'
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child']
    const { stdout } = await promisify(execFile)(requireTool('unshare'), [
      ...namespaces,
      ...['sh', '-ec', script, root],
      ...traced,
      ...['chroot', root, ...command],
    ])
    const evidence = await readStrace(createReadStream(recording), {
      images: [raw.descriptor.digest],
      coverage: 'complete',
      roots: [root],
      workingDirectory: '/',
    })
    return { evidence, output: stdout }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
