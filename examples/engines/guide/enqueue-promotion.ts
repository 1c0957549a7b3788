import { dbosEngine, fromErrorData } from '@sallyport/gate/dbos'

/** Enqueues a promotion and waits for it. This process has no keys; the workers do. */
export async function enqueuePromotion(databaseUrl: string, from: string, to: string): Promise<string> {
  await using engine = dbosEngine({ databaseUrl })
  await engine.start()
  const job = await engine.enqueue({ from, to, tier: 'prod' })
  const result = await job.result({ signal: AbortSignal.timeout(600_000) })
  switch (result.verdict) {
    case 'pass':
      return `${result.target}@${result.digest}`
    case 'fail':
      return `stopped, see ${result.quarantine} in quarantine: ${result.reasons.join('; ')}`
    case 'error':
      throw fromErrorData(result.error)
  }
}
