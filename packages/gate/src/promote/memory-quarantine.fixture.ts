import type { QuarantineRecord, QuarantineStore } from '../ports/quarantine-store.ts'

/** A quarantine of which only what promotions use works. */
export function memoryQuarantine(): QuarantineStore {
  const records = new Map<string, QuarantineRecord>()
  const refuse = async (): Promise<never> => {
    throw new Error('not in this double')
  }
  return {
    async put(record) {
      const copy = records.get(record.id) ?? (JSON.parse(JSON.stringify(record)) as QuarantineRecord)
      records.set(record.id, copy)
      return copy
    },
    async get(id) {
      const record = records.get(id)
      return record && { record, status: { state: 'open' } }
    },
    async list() {
      const items = [...records.values()].map(({ id, decision, platforms, explanation, ...rest }) => ({
        ...rest,
        id,
        state: 'open' as const,
        verdict: decision.verdict,
        findings: 0,
        reason: '',
      }))
      return { items }
    },
    approve: refuse,
    reject: refuse,
    supersede: async () => 0,
    approvedWaivers: refuse,
    async [Symbol.asyncDispose]() {},
  }
}
