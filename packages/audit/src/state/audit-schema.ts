import type { Schema } from '@sallyport/gate/database'

/**
 * Tables of audits, for SQLite. `audit_tag`, `audit_node` and `audit_edge` hold what is known of a repository while it is
 * audited, and nothing afterwards; `audit_place` what was found at a place last, for the next audit; `audit_content` and
 * `audit_document` texts that many rows share.
 */
export const auditSchema: Schema = {
  part: 'audit',
  version: 1,
  create: () => [
    `CREATE TABLE audit_run (
      id TEXT PRIMARY KEY, registry TEXT NOT NULL, listing TEXT NOT NULL, scope TEXT NOT NULL,
      started_at TEXT NOT NULL, finished_at TEXT, listed INTEGER NOT NULL DEFAULT 0,
      requests INTEGER NOT NULL DEFAULT 0
    ) STRICT`,
    `CREATE TABLE audit_repository (
      audit TEXT NOT NULL, repository TEXT NOT NULL, state TEXT NOT NULL, terms TEXT, code TEXT, message TEXT,
      PRIMARY KEY (audit, repository)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX audit_repository_state ON audit_repository (audit, state, repository)`,
    `CREATE TABLE audit_tag (
      audit TEXT NOT NULL, repository TEXT NOT NULL, tag TEXT NOT NULL, digest TEXT, code TEXT, message TEXT,
      PRIMARY KEY (audit, repository, tag)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX audit_tag_digest ON audit_tag (audit, repository, digest)`,
    `CREATE TABLE audit_node (
      audit TEXT NOT NULL, repository TEXT NOT NULL, digest TEXT NOT NULL, listed INTEGER NOT NULL,
      state TEXT NOT NULL, kind TEXT, code TEXT, message TEXT, media_type TEXT, artifact_type TEXT, size INTEGER,
      pushed_at TEXT, pulled_at TEXT, document TEXT, looked_at TEXT, anew INTEGER,
      PRIMARY KEY (audit, repository, digest)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX audit_node_state ON audit_node (audit, repository, state, kind, digest)`,
    `CREATE TABLE audit_edge (
      audit TEXT NOT NULL, repository TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, child TEXT NOT NULL,
      platform TEXT, PRIMARY KEY (audit, repository, kind, parent, child)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX audit_edge_child ON audit_edge (audit, repository, child, kind, parent)`,
    `CREATE TABLE audit_record (
      audit TEXT NOT NULL, repository TEXT NOT NULL, digest TEXT NOT NULL, tag TEXT NOT NULL, role TEXT NOT NULL,
      class TEXT, tag_count INTEGER NOT NULL, anew INTEGER, document TEXT, fields TEXT NOT NULL,
      PRIMARY KEY (audit, repository, digest, tag)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX audit_record_class ON audit_record (audit, class, repository, digest, tag)`,
    `CREATE INDEX audit_record_role ON audit_record (audit, role, repository, digest, tag)`,
    `CREATE TABLE audit_place (
      registry TEXT NOT NULL, repository TEXT NOT NULL, digest TEXT NOT NULL, present INTEGER NOT NULL,
      seen_at TEXT NOT NULL, seen_in TEXT NOT NULL, basis TEXT, document TEXT, referrers TEXT, examined_at TEXT,
      examined_in TEXT, PRIMARY KEY (registry, repository, digest)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE audit_content (digest TEXT PRIMARY KEY, shape TEXT NOT NULL) STRICT`,
    `CREATE TABLE audit_document (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT`,
  ],
  upgrades: {},
}
