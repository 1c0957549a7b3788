import { decodeName, encodeName } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { DatabaseEdit } from '../package-system.ts'
import { cutMembers } from './cut-members.ts'
import { checksumForms, editTriggers, scriptChecksum } from './edit-lists.ts'
import { type ApkRecords, packScripts } from './open-databases.ts'
import { cutFiles, cutStanzas, parseDatabase } from './parse-database.ts'

/** Takes packages out of a database: their stanzas, scripts and triggers. */
export function removePackages(edit: DatabaseEdit, records: ApkRecords, removed: readonly Package[]): void {
  const names = new Set(
    removed.filter(({ evidence }) => evidence.path === records.path).map(({ name }) => name),
  )
  if (names.size === 0) return
  const isRemoved = (name: string | undefined) => name !== undefined && names.has(name)
  const staying = new Set<string>()
  const leaving = new Set<string>()
  for (const { fields } of records.database.stanzas) {
    const forms = checksumForms(fields.get('C') ?? '')
    for (const form of forms) (isRemoved(fields.get('P')) ? leaving : staying).add(form)
  }
  // Packages without a checksum of their own have no scripts that could be told apart.
  for (const form of staying) leaving.delete(form)

  const text = currentText(edit, records)
  const changed = cutStanzas(text, parseDatabase(text), ({ fields }) => isRemoved(fields.get('P')))
  if (changed !== text) edit.replace.set(records.path, encodeName(changed))
  if (records.scripts) {
    const { path, tar } = records.scripts
    const kept = cutMembers(tar, (member) => leaving.has(scriptChecksum(member) ?? ''))
    if (kept.length !== tar.length) edit.replace.set(path, packScripts(path, kept))
  }
  if (records.triggers) {
    const { path, text: triggers } = records.triggers
    const kept = editTriggers(triggers, leaving)
    if (kept !== triggers) edit.replace.set(path, encodeName(kept))
  }
}

/** Takes files out of the lists of packages that stay. `files`: as the database writes them. */
export function removeFiles(
  edit: DatabaseEdit,
  records: ApkRecords,
  files: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const text = currentText(edit, records)
  let changed = ''
  let from = 0
  for (const stanza of parseDatabase(text).stanzas) {
    const gone = files.get(stanza.fields.get('P')!)
    if (!gone) continue
    changed += text.slice(from, stanza.start) + cutFiles(text, stanza, (path) => gone.has(path))
    from = stanza.end
  }
  changed += text.slice(from)
  if (changed !== text) edit.replace.set(records.path, encodeName(changed))
}

function currentText({ replace }: DatabaseEdit, { path, text }: ApkRecords): string {
  const edited = replace.get(path)
  return edited ? decodeName(edited) : text
}
