import type { Monitor } from '@sallyport/monitor'

/** Shows what a sink did not take, and sends it again. */
export async function retryDeadLetters({ outbox }: Monitor, sink: string): Promise<number> {
  const { items } = await outbox.deadLetters({ sink })
  for (const { at, attempts, error, alert } of items)
    console.log(`${at}, ${attempts} attempts: ${error}: ${alert.title}`)
  return await outbox.retry({ sink })
}
