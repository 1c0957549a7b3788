import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readStrace, type UsageEvidence } from '@sallyport/harden/evidence'
import type { Image } from '@sallyport/image'
import { unpackImage } from '@sallyport/test-images'
import { requireTool } from '@sallyport/test-tools'

const programs = 'execve,execveat,clone,clone3,fork,vfork'
const files = 'open,openat,openat2,mmap,chdir,fchdir,chroot'

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
    await mkdir(join(root, 'proc'), { recursive: true })
    const script = `mount -t proc proc "$0/proc"
      exec "$1" -f -y -ttt -e "trace=${programs},${files}" -o "$2" chroot "$0" "\${@:3}"`
    const namespaces = ['--mount-proc', '--net', '--pid', '--fork', '--kill-child']
    const words = [root, requireTool('strace'), recording, ...command]
    const { stdout } = await promisify(execFile)('unshare', [...namespaces, 'bash', '-ec', script, ...words])
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
