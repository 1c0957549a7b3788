// Looks at an image that runs under its smoke test: node check-running.ts LIST REPORTS
import { readFile, writeFile } from 'node:fs/promises'
import type { FileRecord } from '@sallyport/core'
import { checkDrift, FileBaseline, overlayCollector } from '@sallyport/runtime'

const [, , list = '', reports = ''] = process.argv
const { SMOKE_ROOT: root = '', SMOKE_UPPER: upper = '', SMOKE_PID: pid } = process.env
const { files, environment } = JSON.parse(await readFile(list, 'utf8')) as {
  files: FileRecord[]
  environment: string[]
}
const common = {
  baseline: new FileBaseline(files),
  pid: Number(pid),
  procDirectory: `${root}/proc`,
  environment,
}
await writeFile(
  reports,
  JSON.stringify([
    await checkDrift({ ...common, collector: overlayCollector(upper) }),
    await checkDrift(common),
  ]),
)
