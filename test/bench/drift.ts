import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type BenchRow, median, toRow } from './bench-row.ts'

const execute = promisify(execFile)
const ours = fileURLToPath(new URL('drift-ours.mjs', import.meta.url))

const folders = 1800
const filesInEach = 23
const totalBytes = 500e6

interface Measured {
  readonly full: readonly { readonly seconds: number; readonly processor: number }[]
  readonly incremental: Measured['full']
  readonly cached: number
}

/** A tree as large as a real image's, compared with its list; beside what anybody would type. Its files are in memory. */
export async function benchDrift(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await fillTree(directory)
    const { stdout } = await execute(process.execPath, [ours, directory])
    const { full, incremental, cached } = JSON.parse(stdout) as Measured
    const count = folders * filesInEach
    if (cached !== count) throw new Error(`${cached} of ${count} files are remembered`)
    const peers: number[] = []
    for (let run = 0; run < 3; run++) {
      const started = performance.now()
      const command = 'find "$1" -type f -print0 | xargs -0 -P 2 -n 500 sha256sum >/dev/null'
      await execute('sh', ['-c', command, 'sh', directory])
      peers.push((performance.now() - started) / 1000)
    }
    const title = `${count} files, ${Math.round(totalBytes / 1e6)} MB`
    const of = (runs: Measured['full']) => median(runs.map(({ seconds }) => seconds)) ?? Number.NaN
    const peer = { 'find | xargs sha256sum': median(peers) }
    const row = (metric: string, runs: Measured['full'], most: number) =>
      toRow({ case: title, metric }, of(runs), peer, { type: 'figure', most })
    return [
      row('s in full, with mode, owner and capabilities', full, 5),
      row('s again, hashes remembered', incremental, 0.5),
      // What it takes where nothing else runs.
      ...[
        { metric: 's of processor, in full', runs: full },
        { metric: 's of processor, again', runs: incremental },
      ].map(({ metric, runs }) => {
        const value = median(runs.map(({ processor }) => processor)) ?? Number.NaN
        return toRow({ case: title, metric }, value, {}, { type: 'none' })
      }),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Sizes as of real trees: most files are small, few hold most of the bytes. Always the same. */
async function fillTree(directory: string): Promise<void> {
  const weights = Array.from({ length: folders * filesInEach }, (_, at) => {
    const unit = (createHash('sha256').update(String(at)).digest().readUInt32BE(0) + 1) / 2 ** 32
    return unit ** -0.7
  })
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const content = Buffer.alloc(
    Math.ceil((Math.max(...weights) / sum) * totalBytes) + weights.length,
    'content ',
  )
  for (let folder = 0; folder < folders; folder++) {
    const path = join(directory, `d${folder % 40}`, `e${folder}`)
    await mkdir(path, { recursive: true })
    for (let file = 0; file < filesInEach; file++) {
      const at = folder * filesInEach + file
      const size = Math.floor((weights[at]! / sum) * totalBytes)
      await writeFile(join(path, `file-${file}.txt`), content.subarray(at, at + size))
    }
  }
}
