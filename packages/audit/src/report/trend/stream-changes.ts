import type { AuditClass } from '../../audit-class.ts'
import type { AuditRecord } from '../../audit-record.ts'
import { AuditError } from '../../errors.ts'
import { compareKeys, rankOf } from '../class-order.ts'

/** An image that stands otherwise than in an earlier audit. */
export interface AuditChange {
  /** `new` was not in the earlier audit, `gone` is not in the later one. */
  readonly kind: 'worse' | 'better' | 'new' | 'gone'
  /** The image as the later audit has it; as the earlier one had it when it is gone. */
  readonly record: AuditRecord
  /** Its class then; absent for what is new. */
  readonly before?: AuditClass | undefined
  /** Its class now; absent for what is gone. */
  readonly after?: AuditClass | undefined
}

/** An image of both audits with the same class. */
export interface Unchanged {
  /** Tells it from an {@link AuditChange}. */
  readonly kind: 'unchanged'
  /** The image as the later audit has it. */
  readonly record: AuditRecord
}

/**
 * Changes between two audits, image by image; both come in the order of repository and digest, as archives give them. One
 * record of each is in memory. Only what is judged counts: evidence and artifacts do not come and go here.
 *
 * @throws {AuditError} `REPORT_INVALID` when records are out of order: images would seem new and gone otherwise.
 */
export async function* streamChanges(
  before: AsyncIterable<AuditRecord>,
  after: AsyncIterable<AuditRecord>,
): AsyncGenerator<AuditChange | Unchanged> {
  await using earlier = openJudged(before, 'the earlier audit')
  await using later = openJudged(after, 'the later audit')
  let [one, other] = [await earlier.next(), await later.next()]
  while (one !== undefined || other !== undefined) {
    const order = one === undefined ? 1 : other === undefined ? -1 : compareKeys(one, other)
    if (order < 0) {
      yield { kind: 'gone', record: one!, before: one!.class }
      one = await earlier.next()
    } else if (order > 0) {
      yield { kind: 'new', record: other!, after: other!.class }
      other = await later.next()
    } else {
      yield compareRecords(one!, other!)
      ;[one, other] = [await earlier.next(), await later.next()]
    }
  }
}

interface JudgedRecords extends AsyncDisposable {
  next(): Promise<AuditRecord | undefined>
}

function openJudged(records: AsyncIterable<AuditRecord>, source: string): JudgedRecords {
  const iterator = records[Symbol.asyncIterator]()
  let previous: AuditRecord | undefined
  return {
    async next() {
      for (;;) {
        const { done, value } = await iterator.next()
        if (done === true) return undefined
        const record: AuditRecord = value
        if (previous !== undefined && compareKeys(previous, record) >= 0) {
          const place = `${record.repository}@${record.digest ?? record.tags[0]}`
          throw new AuditError('REPORT_INVALID', `${source}: ${place} is out of order or there twice`, {
            subject: place,
          })
        }
        previous = record
        if (record.class !== undefined) return record
      }
    },
    async [Symbol.asyncDispose]() {
      await iterator.return?.()
    },
  }
}

function compareRecords(before: AuditRecord, after: AuditRecord): AuditChange | Unchanged {
  const [then, now] = [before.class!, after.class!]
  if (then === now) return { kind: 'unchanged', record: after }
  const kind = rankOf(now) < rankOf(then) ? 'worse' : 'better'
  return { kind, record: after, before: then, after: now }
}
