import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GateError } from '../errors.ts'
import type { QuarantineRecord, QuarantineStore } from '../ports/quarantine-store.ts'

const idPattern = /^[0-9a-f]{32}$/

/** A quarantine in a folder: one JSON file for each record, written whole or not at all. */
export function folderQuarantine(directory: string): QuarantineStore {
  const fileOf = (id: string) => join(directory, `${id}.json`)

  const get = async (id: string): Promise<QuarantineRecord | undefined> => {
    if (!idPattern.test(id)) return undefined
    try {
      return JSON.parse(await readFile(fileOf(id), 'utf8')) as QuarantineRecord
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new GateError('STEP_FAILED', `quarantine record ${fileOf(id)} cannot be read`, {
        cause,
        step: 'quarantine',
      })
    }
  }

  return {
    get,
    async put(record) {
      if (!idPattern.test(record.id))
        throw new GateError('OPTIONS_INVALID', `not a quarantine id: ${record.id.slice(0, 80)}`)
      await mkdir(directory, { recursive: true })
      const unfinished = join(directory, `.${record.id}.${randomUUID()}`)
      try {
        await using file = await open(unfinished, 'wx', 0o600)
        await file.writeFile(`${JSON.stringify(record, null, 2)}\n`)
        await file.sync()
        // A link, unlike a rename, does not replace a record that is there.
        await link(unfinished, fileOf(record.id))
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
          throw new GateError('STEP_FAILED', `quarantine record cannot be written to ${directory}`, {
            cause,
            step: 'quarantine',
          })
        }
      } finally {
        await rm(unfinished, { force: true })
      }
      return (await get(record.id)) ?? record
    },
    async list() {
      const names = await readdir(directory).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return []
        throw cause
      })
      const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
      const records = await Promise.all(ids.map(get))
      return records
        .filter((record) => record !== undefined)
        .sort((one, other) => other.quarantinedAt.localeCompare(one.quarantinedAt))
    },
  }
}
