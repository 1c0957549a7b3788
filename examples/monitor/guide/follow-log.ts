import type { Monitor } from '@sallyport/monitor'
import { distributionAccessLog, parseLogLines } from '@sallyport/monitor/sources'

/** Takes in the lines of an access log as they come, e.g. what `docker logs --follow` prints. */
export async function followLog(
  monitor: Monitor,
  registry: string,
  lines: AsyncIterable<string>,
): Promise<void> {
  const onRefused = ({ position, message }: { readonly position: number; readonly message: string }) =>
    console.warn(`line ${position}: ${message}`)
  for await (const event of parseLogLines(distributionAccessLog({ registry }), lines, { onRefused }))
    await monitor.ingest([event])
}
