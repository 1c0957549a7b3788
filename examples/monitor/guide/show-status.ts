import type { Monitor } from '@sallyport/monitor'

/** What a dashboard shows, and what is wrong with the monitor itself. */
export async function showStatus(monitor: Monitor, now: Date): Promise<readonly string[]> {
  const { waiting, explained, alerted, openAlerts, queues, sources, aliveAt, lastPoll } =
    await monitor.status()
  console.log({ waiting, explained, alerted, openAlerts })
  for (const { source, registry, lastAt } of sources) console.log(`${source} of ${registry}: ${lastAt}`)
  return [
    ...(now.getTime() - Date.parse(aliveAt ?? '') < 60_000 ? [] : [`no sign of life since ${aliveAt}`]),
    ...(lastPoll?.failures ?? []).map(({ place, message }) => `${place} could not be compared: ${message}`),
    ...queues.flatMap(({ sink, waiting, deadLetters, error }) =>
      error !== undefined || deadLetters > 0
        ? [`${sink}: ${waiting} wait, ${deadLetters} set aside: ${error}`]
        : [],
    ),
  ]
}
