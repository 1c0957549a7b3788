// What teams write by hand: a receiver that keeps each delivery in SQLite, asks the registry by HEAD where each event's tag
// is, and looks the digest up among the promotions of the journal. It verifies no signature, knows no children, referrers,
// rollbacks or repeats, and trusts the registry's header.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Opens it in a folder with the gate's journal. */
export function openPeer({ registry, work }) {
  const kept = new DatabaseSync(join(work, 'peer.db'))
  kept.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE event (id TEXT PRIMARY KEY, document TEXT, outcome TEXT)',
  )
  const journal = new DatabaseSync(join(work, 'gate.db'), { readOnly: true })
  const insert = kept.prepare('INSERT OR IGNORE INTO event (id, document) VALUES (?, ?)')
  const finish = kept.prepare('UPDATE event SET outcome = ? WHERE id = ?')
  const find = journal.prepare('SELECT 1 FROM promotion WHERE target_digest = ? LIMIT 1')
  const commit = (work) => {
    kept.exec('BEGIN IMMEDIATE')
    work()
    kept.exec('COMMIT')
  }

  async function judge({ repository, tag, digest }) {
    const response = await fetch(`http://${registry}/v2/${repository}/manifests/${tag ?? digest}`, {
      method: 'HEAD',
      headers: {
        accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json',
      },
    })
    const there = response.headers.get('docker-content-digest')
    return there !== null && find.get(there) ? 'promoted' : 'alert'
  }

  return {
    /** Resolves when all of it is judged. */
    async deliver(events) {
      commit(() => {
        for (const event of events) insert.run(event.id, JSON.stringify(event))
      })
      const outcomes = await Promise.all(events.map(judge))
      commit(() => {
        for (const [at, { id }] of events.entries()) finish.run(outcomes[at], id)
      })
    },
    close() {
      kept.close()
      journal.close()
    },
  }
}
