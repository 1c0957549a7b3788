import { eachPage, type RepositoryVisit } from './repository-visit.ts'

/**
 * Tells lists of referrers from images under the same tags, once all that they list was looked at: an index that lists
 * an image, another index, or something that can't be read, is one that can be run, and is judged.
 */
export function decideLists(visit: RepositoryVisit): Promise<boolean> {
  const { work } = visit
  return eachPage(
    visit,
    (limit) => work.nodes('undecided', undefined, limit),
    async ({ digest }) => {
      const [image] = await work.rows(
        `SELECT 1 FROM audit_edge e
           JOIN audit_node n ON n.audit = e.audit AND n.repository = e.repository AND n.digest = e.child
           LEFT JOIN audit_content c ON c.digest = n.digest
         WHERE e.audit = $1 AND e.repository = $2 AND e.kind = 'entry' AND e.parent = $3
           AND (n.kind IN ('image', 'index', 'list') OR n.state = 'unread' OR c.shape ->> '$.config' IS NOT NULL)
         LIMIT 1`,
        [digest],
      )
      if (image !== undefined) {
        return [
          work.write(
            `UPDATE audit_edge SET kind = 'member'
             WHERE audit = $1 AND repository = $2 AND kind = 'entry' AND parent = $3`,
            [digest],
          ),
          work.setState(digest, 'shaped', 'index'),
        ]
      }
      return [
        work.write(
          `INSERT OR IGNORE INTO audit_edge (audit, repository, kind, parent, child)
           SELECT e.audit, e.repository, 'listed', t.parent, e.child FROM audit_edge e
             JOIN audit_edge t ON t.audit = e.audit AND t.repository = e.repository AND t.kind = 'tag' AND t.child = e.parent
           WHERE e.audit = $1 AND e.repository = $2 AND e.kind = 'entry' AND e.parent = $3`,
          [digest],
        ),
        work.setState(digest, 'done', 'list'),
      ]
    },
  )
}
