import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Image } from '@sallyport/image'
import { unpackImage } from '@sallyport/test-images'

const run = promisify(execFile)

/** Logs, caches and backups that dpkg writes, and bytecode that its scripts compile anew. */
const ignored =
  /^\/(?:dev|proc|tmp|run|packages|var\/log|var\/cache)(?:\/|$)|^\/var\/lib\/dpkg\/(?:status-old|lock|triggers\/Lock)|\/__pycache__(?:\/|$)/

/**
 * Upgrades an image with the dpkg that is in it, scripts and all, and tells where the result is another than that of the
 * patched image: missing paths, modes, owners, contents.
 *
 * @param packages - folder of the new packages
 */
export async function compareWithDpkg(
  before: Image,
  after: Image,
  packages: string,
  directory: string,
): Promise<readonly string[]> {
  const work = await mkdtemp(join(directory, 'dpkg-'))
  try {
    const [theirs, ours] = [join(work, 'theirs'), join(work, 'ours')]
    await unpackImage(before.layoutDirectory, theirs)
    await unpackImage(after.layoutDirectory, ours)
    await cp(packages, join(theirs, 'packages'), { recursive: true })
    for (const folder of ['dev', 'proc']) await mkdir(join(theirs, folder), { recursive: true })
    const script = [
      'mount --bind /dev "$0/dev"',
      'mount -t proc proc "$0/proc"',
      'export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      `exec chroot "$0" /bin/sh -c 'dpkg --install --force-confold /packages/*.deb'`,
    ]
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child']
    await run('unshare', [...namespaces, '/bin/sh', '-ec', script.join('\n'), theirs], {
      maxBuffer: 16 * 1024 * 1024,
    })
    const [wanted, actual] = [await describeTree(theirs), await describeTree(ours)]
    return [...new Set([...wanted.keys(), ...actual.keys()])]
      .filter((path) => wanted.get(path) !== actual.get(path))
      .sort()
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function describeTree(root: string): Promise<ReadonlyMap<string, string>> {
  const described = new Map<string, string>()
  const walk = async (folder: string): Promise<void> => {
    for (const name of await readdir(join(root, folder))) {
      const path = `${folder}/${name}`
      if (ignored.test(path)) continue
      const file = join(root, path)
      const stat = await lstat(file)
      let content = ''
      if (stat.isSymbolicLink()) content = await readlink(file)
      else if (stat.isFile())
        content = createHash('sha256')
          .update(await readFile(file))
          .digest('hex')
      described.set(path, [stat.mode.toString(8), stat.uid, stat.gid, content].join(' '))
      if (stat.isDirectory()) await walk(path)
    }
  }
  await walk('')
  return described
}
