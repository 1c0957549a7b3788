import type { MergedScan } from '@sallyport/scan'

/** How far each scanner got, in lines for a log. */
export function explainScan({ reports, findings }: MergedScan): readonly string[] {
  return [
    ...reports.flatMap(({ scanner, status, failure, packagesSeen = 'unknown', data, gaps }) => [
      `${scanner.name} ${scanner.version}: ${status}, packages seen: ${packagesSeen}`,
      ...(failure ? [`  ${failure.code}: ${failure.message}`] : []),
      ...data.map(({ name, updatedAt = 'an unknown time' }) => `  with ${name} of ${updatedAt}`),
      ...gaps.map(({ code, message }) => `  not judged: ${code}: ${message}`),
    ]),
    ...findings.map(({ id, severity, package: { purl }, fix: { state, versions, suggested } }) =>
      [id, severity, purl, state, suggested ?? versions.join(', ')].join(' '),
    ),
  ]
}
