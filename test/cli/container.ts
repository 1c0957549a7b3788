import { execFile } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unpackImage } from '@sallyport/test-images'
import { createImage, type FileDescription, type GeneratedImage } from '@sallyport/testkit'
import type { Prepared } from './prepare.ts'
import { runCommand } from './run-command.ts'

const execute = promisify(execFile)

/** An image that can run: `sleep` of this machine, with what it links. */
async function sleepingImage(): Promise<GeneratedImage> {
  const { stdout } = await execute('ldd', ['/bin/sleep'])
  const paths = ['/bin/sleep', ...[...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!)]
  const programs = await Promise.all(
    paths.map(async (path) => [path, { content: await readFile(path), mode: 0o755 }] as const),
  )
  const directories = ['/proc', '/dev', '/mnt', '/data'].map((path): [string, FileDescription] => [
    path,
    { directory: true, mode: 0o755 },
  ])
  return createImage({
    config: { Entrypoint: ['/bin/sleep', '100000'] },
    layers: [
      {
        files: {
          ...Object.fromEntries(directories),
          '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\n',
          '/etc/resolv.conf': '',
          '/etc/hosts': '',
          '/var/lib/dpkg/status':
            'Package: coreutils\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9.1-1\nMaintainer: Nobody <nobody@example.org>\nDescription: sleep\n',
          '/var/lib/dpkg/info/coreutils.list': '/.\n/bin/sleep\n',
          ...Object.fromEntries(programs),
        },
      },
    ],
  })
}

/**
 * Promotes an image that can run to `ready/listed:1`, with the list of its files, and unpacks it: as it is into `rootfs`, and
 * with a program that it does not have into `drifted`.
 */
export async function prepareContainer(at: Prepared): Promise<{ readonly rootfs: string }> {
  const to = at.to('ready/listed:1')
  const from = await at.push('team/listed:1', await sleepingImage())
  for (const words of [
    ['promote', from, to, '--file-manifest', '--no-harden'],
    ['copy', to, 'oci:listed:1', '--no-evidence'],
  ]) {
    const { code, stderr } = await runCommand(at.folder, words)
    if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
  }
  const [rootfs, drifted] = [join(at.folder, 'rootfs'), join(at.folder, 'drifted')]
  await unpackImage(join(at.folder, 'listed'), rootfs)
  await cp(rootfs, drifted, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  await writeFile(join(drifted, 'bin', 'tool'), '#!/bin/sh\n', { mode: 0o755 })
  return { rootfs }
}

/** Words of `drift` for that image. */
export const driftWords = (at: Prepared, listKey = 'evidence.pub'): readonly string[] => [
  'drift',
  at.to('ready/listed:1'),
  '--public-key',
  'release.pub',
  '--file-list-key',
  listKey,
]
