import { rename } from 'node:fs/promises'
import { backup, DatabaseSync } from 'node:sqlite'

/** Copies journal and quarantine while the gate runs; the copy is there whole or not at all. */
export async function backUp(file: string, to: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true })
  try {
    await backup(source, `${to}.partial`)
  } finally {
    source.close()
  }
  await rename(`${to}.partial`, to)
}
