import type { Database } from '@sallyport/gate/database'
import { AuditError } from '../errors.ts'

const tables = ['audit_repository', 'audit_tag', 'audit_node', 'audit_edge', 'audit_record']

/** Forgets all but the latest audits of each registry. */
export async function pruneAudits(database: Database, keep: number): Promise<void> {
  if (!Number.isSafeInteger(keep) || keep < 1)
    throw new AuditError('OPTIONS_INVALID', `keep: ${keep}; a whole number above 0`)
  const old = await database.query(
    `SELECT id FROM (
       SELECT id, ROW_NUMBER() OVER (PARTITION BY registry ORDER BY started_at DESC, id DESC) AS place FROM audit_run
     ) WHERE place > $1`,
    [keep],
  )
  for (const row of old) {
    const id = String(row['id'])
    await database.transaction(async (query) => {
      for (const table of tables) await query(`DELETE FROM ${table} WHERE audit = $1`, [id])
      await query('DELETE FROM audit_run WHERE id = $1', [id])
    })
  }
  await database.transaction(async (query) => {
    // What no audit that is left has seen is known by no later one either.
    await query('DELETE FROM audit_place WHERE seen_in NOT IN (SELECT id FROM audit_run)')
    await query(
      `DELETE FROM audit_document WHERE id NOT IN (
         SELECT document FROM audit_record WHERE document IS NOT NULL
         UNION SELECT document FROM audit_place WHERE document IS NOT NULL
         UNION SELECT document FROM audit_node WHERE document IS NOT NULL
       )`,
    )
    await query(
      `DELETE FROM audit_content WHERE digest NOT IN (
         SELECT digest FROM audit_record UNION SELECT digest FROM audit_place UNION SELECT digest FROM audit_node
       )`,
    )
  })
}
