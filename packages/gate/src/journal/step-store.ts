import type { Database, Row } from '../database/database.ts'
import { readInstant } from '../database/read-instant.ts'
import { GateError } from '../errors.ts'
import type { Json } from '../ports/durable-steps.ts'
import type { Journal, JournaledStep, PromotionKey } from '../ports/journal.ts'
import { readJson } from './read-json.ts'

const maxOutputBytes = 1024 * 1024

/** The steps and the evidence of promotions. */
export function stepStore({
  query,
  dialect,
}: Database): Pick<Journal, 'saveStep' | 'findStep' | 'steps' | 'saveEvidence' | 'findEvidence'> {
  const step = dialect.table('step')
  const evidence = dialect.table('evidence')
  const promotion = dialect.table('promotion')

  const findStep = async (
    key: PromotionKey,
    attempt: number,
    name: string,
  ): Promise<JournaledStep | undefined> => {
    const [row] = await query(`SELECT * FROM ${step} WHERE key = $1 AND attempt = $2 AND name = $3`, [
      key,
      attempt,
      name,
    ])
    return row && toStep(row)
  }

  return {
    findStep,
    async saveStep(key, attempt, { name, output, summary = '', at }) {
      const text = JSON.stringify(output)
      if (text === undefined || Buffer.byteLength(text) > maxOutputBytes) {
        throw new GateError(
          'OPTIONS_INVALID',
          `step ${name}: an output is JSON of at most ${maxOutputBytes} bytes`,
        )
      }
      const [row] = await query(
        `INSERT INTO ${step} (key, attempt, position, name, output, summary, at)
         SELECT CAST($1 AS TEXT), CAST($2 AS INTEGER), coalesce(max(position), 0) + 1, CAST($3 AS TEXT),
                CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT) FROM ${step}
         WHERE key = CAST($1 AS TEXT) AND attempt = CAST($2 AS INTEGER)
         ON CONFLICT (key, attempt, name) DO NOTHING RETURNING *`,
        [key, attempt, name, text, summary, readInstant(at, 'at')],
      )
      const kept = row ? toStep(row) : await findStep(key, attempt, name)
      if (!kept)
        throw new GateError('JOURNAL_CORRUPT', `step ${name} of ${key} was removed while it was kept`)
      return kept
    },
    async steps(key, attempt) {
      const rows = await query(
        `SELECT * FROM ${step} WHERE key = $1
           AND attempt = coalesce(CAST($2 AS INTEGER), (SELECT attempt FROM ${promotion} WHERE key = $1))
         ORDER BY position, name`,
        [key, attempt ?? null],
      )
      return rows.map(toStep)
    },
    async saveEvidence(key, { judgement, decidedAt, documents }) {
      await query(
        `INSERT INTO ${evidence} (key, judgement, decided_at, documents) VALUES ($1, $2, $3, $4)
         ON CONFLICT (key, judgement) DO UPDATE SET decided_at = excluded.decided_at, documents = excluded.documents`,
        [key, judgement, decidedAt, documents],
      )
    },
    async findEvidence(key, judgement) {
      const [row] = await query(
        `SELECT decided_at, documents FROM ${evidence} WHERE key = $1 AND judgement = $2`,
        [key, judgement],
      )
      return row && { judgement, decidedAt: String(row['decided_at']), documents: String(row['documents']) }
    },
  }
}

function toStep(row: Row): JournaledStep {
  const name = String(row['name'])
  return {
    name,
    output: readJson<Json>(row['output'], `step ${name}`),
    summary: String(row['summary']),
    at: String(row['at']),
  }
}
