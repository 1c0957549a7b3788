import {
  type AuditArchive,
  joinDeployments,
  parseDeployments,
  sortByUrgency,
  urgencyOf,
} from '@sallyport/audit'

/** What is flagged and runs, the most urgent first, and what runs from elsewhere. */
export async function listRunning(
  archive: AuditArchive,
  audit: string,
  pods: string,
): Promise<{ readonly flagged: readonly string[]; readonly elsewhere: readonly string[] }> {
  const deployments = parseDeployments(pods, { source: 'kubectl', cluster: 'east' })
  const joined = await joinDeployments(() => archive.records(audit), deployments)
  const running = []
  for await (const record of joined.records()) {
    if (urgencyOf(record) > 0 && (record.deployments?.length ?? 0) > 0) running.push(record)
  }
  return {
    flagged: sortByUrgency(running).map(({ repository, tags, class: found, deployments: places = [] }) => {
      const where = places.map((one) => `${one.namespace}/${one.workload} (by ${one.matchedBy})`)
      return `${found}: ${repository}:${tags.join()} runs as ${where.join(', ')}`
    }),
    elsewhere: joined.unmatched.map(({ workload, reference }) => `${workload}: ${reference}`),
  }
}
