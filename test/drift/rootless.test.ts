import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FileRecord } from '@sallyport/core'
import { checkDrift, explainDrift, FileBaseline, overlayCollector, rootCollector } from '@sallyport/runtime'
import { requireTool } from '@sallyport/test-tools'
import { expect, it } from 'vitest'

const script = `
mount -t overlay overlay -o "userxattr,lowerdir=$WORK/lower,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/merged"
cd "$WORK/merged"
rm -r d; mkdir d; echo new >d/new
rm gone
mv old name
touch same
`

it('an overlay of a rootless container is understood', async () => {
  const work = await mkdtemp(join(tmpdir(), 'sallyport-rootless-'))
  try {
    for (const name of ['lower', 'upper', 'work', 'merged']) await mkdir(join(work, name))
    await mkdir(join(work, 'lower/d'))
    for (const name of ['d/a', 'd/b', 'gone', 'old', 'same']) await writeFile(join(work, 'lower', name), name)
    const files: FileRecord[] = []
    const everything = new FileBaseline(
      ['/d/a', '/d/b', '/gone', '/old', '/same'].map((path) => ({
        path,
        type: 'file' as const,
        mode: 0,
        uid: 0,
        gid: 0,
        size: 0,
        sha256: '0',
      })),
    )
    for await (const seen of rootCollector(join(work, 'lower')).collect({ baseline: everything })) {
      if (seen.kind !== 'present' || seen.type === 'socket') throw new Error(seen.path)
      files.push({ ...seen, type: seen.type })
    }
    await promisify(execFile)(
      requireTool('unshare'),
      ['--user', '--map-root-user', '--mount', 'sh', '-euc', script],
      { env: { PATH: process.env['PATH'], WORK: work } },
    )
    const report = await checkDrift({
      baseline: new FileBaseline(files),
      collector: overlayCollector(join(work, 'upper'), { userAttributes: true }),
    })
    const found = report.files.map(({ path, class: kind }) => [path, kind])
    expect(found, explainDrift(report)).toEqual([
      ['/d/a', 'deleted'],
      ['/d/b', 'deleted'],
      ['/gone', 'deleted'],
      ['/old', 'deleted'],
      ['/d/new', 'data-added'],
      ['/name', 'data-added'],
      ['/same', 'metadata-only'],
    ])
    expect(report.unknown).toEqual([])
  } finally {
    await rm(work, { recursive: true, force: true })
  }
})
